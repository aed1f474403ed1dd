"use strict";
// The picture of a network to save: all of it, with what the reader left visible.

// view: {tray, bright (a set of items, or null), edgeShown, scale, labels (at most so many names)}.
function networkPicture(view) {
  const { nodes, edges } = data.network;
  const { tray, bright, scale } = view;
  const shown = nodes.filter((node) => nodeShown(node.id));
  const corners = shown.map((node) => [node.x - node.size, node.y - node.size, node.x + node.size, node.y + node.size]);
  if (tray) corners.push([tray[0], tray[1], tray[0] + tray[2], tray[1] + tray[3]]);
  if (!corners.length) corners.push([0, 0, 10, 10]);
  const margin = 24;
  const least = (side) => corners.reduce((low, box) => Math.min(low, box[side]), Infinity);
  const most = (side) => corners.reduce((high, box) => Math.max(high, box[side]), -Infinity);
  const [x0, y0] = [least(0), least(1)];
  const w = (most(2) - x0) * scale + 2 * margin + 90;
  const h = (most(3) - y0) * scale + 2 * margin;
  const at = (x, y) => [margin + (x - x0) * scale, margin + (y - y0) * scale];
  const fade = (on) => (on ? undefined : 0.15);
  const shapes = [];
  for (const edge of edges.filter(view.edgeShown)) {
    const ends = [edge.from, edge.to].map((id) => at(nodes[id].x, nodes[id].y));
    const on = !bright || (bright.has(edge.from) && bright.has(edge.to));
    shapes.push(shape.line(ends, "edge", (edge.width || 0.8) * scale, { fade: fade(on) }));
  }
  let named = 0;
  const dots = shown.map((node) => {
    const [x, y] = at(node.x, node.y);
    const on = !bright || bright.has(node.id);
    const inTray = !neighbours.has(node.id);
    const colour = "c" + data.groups[node.group].colour;
    shapes.push(shape.dot(x, y, node.size * scale, colour, { stroke: "ring", width: 0.7, fade: fade(on) }));
    // Cells of a tray have room for a name where its last entry says so.
    const room = inTray && tray && tray.length > 4 ? tray[4] * scale - 6 : 0;
    const wanted = on && (!inTray || room > 0 || Boolean(bright)) && named < view.labels;
    if (wanted) named += 1;
    return {
      item: node.id, x, y, r: node.size * scale, text: node.label, onlyRight: inTray, bold: node.id < 8 && !inTray, wanted, room,
      soft: data.bipartite && data.groups[node.group].colour === 0,
    };
  });
  for (const { dot, text, box } of placeLabels(measuring, dots, { w, h })) {
    shapes.push(shape.text(box.x + 1, box.y + box.h / 2, text, 12, { bold: dot.bold, halo: true }));
  }
  if (tray) {
    const [x, y] = at(tray[0], tray[1]);
    const [right, low] = [x + tray[2] * scale, y + tray[3] * scale];
    shapes.push(shape.line([[x, y], [right, y], [right, low], [x, low], [x, y]], "line", 1));
    shapes.push(shape.text(x + 8, y + 13, "Not linked here", 12, { fill: "muted" }));
  }
  const legend = data.groups.map((group, index) => ({ text: `${group.text} (${group.items})`, fill: "c" + group.colour, index }));
  return {
    w, h, shapes, says: `${byId("shown").textContent}. Dot area: hosts.`,
    legend: legend.filter(({ index }) => !choice.hiddenGroups.has(index)),
  };
}
