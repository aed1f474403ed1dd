"use strict";
// Large networks come as columns, which make smaller files; the views want nodes and edges.

data.network = {
  nodes: items.name.map((name, id) => ({
    id, x: data.nodes.x[id], y: data.nodes.y[id], size: data.nodes.r[id], group: data.nodes.group[id],
    label: name.length > 60 ? Array.from(name).slice(0, 59).join("") + "…" : name,
  })),
  edges: data.drawn.map((pair) => ({ id: pair, from: pairs.a[pair], to: pairs.b[pair] })),
};
