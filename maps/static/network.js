"use strict";
// The network: vis-network draws dots and lines at the places computed beforehand; names and choices are ours.

const MOST_ZOOM = 1.4;
const TALL_BELOW = 560;
const MARGIN = 13;
// Room at the bottom for the words that stay on a picture cut out of the page.
const STAMP = data.simulated ? 16 : 0;

function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    groups: [0, 1, 2, 3, 4, 5, 6, 7].map((index) => read("--c" + index)),
    text: read("--text"), halo: read("--background"), edge: read("--edge"), strong: read("--edge-strong"),
    faint: read("--edge-faint"), ring: read("--ring"), soft: read("--muted"), line: read("--line"),
  };
}

function startNetwork(container) {
  const nodes = data.network.nodes;
  const edges = data.network.edges;
  let theme = readTheme();
  let tall = false;
  let moved = false;
  let labelled = [];

  const nodeData = new vis.DataSet(nodes.map((node) => ({
    id: node.id, x: node.x, y: node.y, size: node.size,
    title: `${node.label}\n${count(items.hosts[node.id])} hosts (${percent(items.share[node.id])})`,
  })));
  const edgeData = new vis.DataSet(edges.map((edge) => ({
    id: edge.id, from: edge.from, to: edge.to, width: edge.width,
    title: `${nodes[edge.from].label}\n${nodes[edge.to].label}\n` +
      `${count(pairs.hosts[edge.id])} hosts with both · lift ${decimals(pairs.lift[edge.id], 2)}`,
  })));
  const network = new vis.Network(container, { nodes: nodeData, edges: edgeData }, {
    autoResize: true,
    physics: false,
    layout: { improvedLayout: false, randomSeed: 0 },
    nodes: { shape: "dot", borderWidth: 1, fixed: true, font: { multi: false }, chosen: false },
    edges: { smooth: false, font: { multi: false }, chosen: false, hoverWidth: 0, selectionWidth: 0 },
    interaction: { dragNodes: false, selectable: false, hover: false, tooltipDelay: 80, keyboard: false },
  });
  // One stop for the Tab key: the labelled container, not the frame inside it.
  container.querySelector(".vis-network").tabIndex = -1;

  // ---- what is visible, what stands out ----

  const edgeShown = (edge) =>
    pairs.hosts[edge.id] >= choice.minimum && nodeShown(edge.from) && nodeShown(edge.to);

  function core() {
    if (choice.selected >= 0) return new Set([choice.selected]);
    return choice.matches;
  }

  function lit() {
    const middle = core();
    if (!middle || choice.selected < 0) return middle;
    const all = new Set(middle);
    for (const { other } of linksOf(choice.selected)) all.add(other);
    return all;
  }

  function paint() {
    const bright = lit();
    const middle = core();
    nodeData.update(nodes.map((node) => {
      const on = !bright || bright.has(node.id);
      const chosen = node.id === choice.selected;
      return {
        id: node.id, hidden: !nodeShown(node.id), opacity: on ? 1 : 0.15,
        borderWidth: chosen ? 3 : 1,
        color: { background: theme.groups[data.groups[node.group].colour], border: chosen ? theme.text : theme.ring },
      };
    }));
    let shown = 0;
    edgeData.update(edges.map((edge) => {
      const visible = edgeShown(edge);
      if (visible) shown += 1;
      const on = middle && (middle.has(edge.from) || middle.has(edge.to));
      return { id: edge.id, hidden: !visible, color: !middle ? theme.edge : on ? theme.strong : theme.faint };
    }));
    const left = nodes.filter((node) => nodeShown(node.id)).length;
    byId("shown").textContent = `${count(shown)} of ${count(pairs.a.length)} pairs shown · ` +
      `${count(left)} of ${count(nodes.length)} ${data.units}`;
  }

  // ---- names, the tray, the simulated stamp ----

  function screenDots() {
    const scale = network.getScale();
    const size = (item) => (tall ? data.tall.size[item] : nodes[item].size) * scale;
    const tray = (tall ? data.tall : data.wide).tray;
    const bright = lit();
    const dots = nodes.filter((node) => nodeShown(node.id)).map((node) => {
      const point = network.canvasToDOM(position(node.id));
      const inTray = !neighbours.has(node.id);
      const r = size(node.id);
      return {
        item: node.id, x: point.x, y: point.y, r, text: node.label, onlyRight: inTray,
        bold: node.id === choice.selected || (node.id < 8 && !inTray),
        wanted: !bright || bright.has(node.id),
        room: inTray && tray ? tray[4] * scale - 6 : 0,
      };
    });
    if (choice.selected >= 0) dots.sort((p, q) => (q.item === choice.selected) - (p.item === choice.selected));
    return dots;
  }

  function position(item) {
    return tall ? { x: data.tall.x[item], y: data.tall.y[item] } : { x: nodes[item].x, y: nodes[item].y };
  }

  function drawOver(context) {
    const canvas = context.canvas;
    const ratio = canvas.width / canvas.clientWidth;
    context.save();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const area = { w: canvas.clientWidth, h: canvas.clientHeight };
    labelled = placeLabels(context, screenDots(), area);
    drawLabels(context, labelled, theme);
    drawTray(context);
    if (data.simulated) {
      context.font = `600 12px ${FONT}`;
      context.textBaseline = "alphabetic";
      context.fillStyle = theme.soft;
      context.fillText("SIMULATED DATA", 8, area.h - 7);
    }
    context.restore();
  }

  function drawTray(context) {
    const tray = (tall ? data.tall : data.wide).tray;
    if (!tray) return;
    const [x, y, w, h] = tray;
    const from = network.canvasToDOM({ x, y });
    const to = network.canvasToDOM({ x: x + w, y: y + h });
    context.strokeStyle = theme.line;
    context.lineWidth = 1;
    context.strokeRect(from.x, from.y, to.x - from.x, to.y - from.y);
    context.font = `400 12px ${FONT}`;
    context.textBaseline = "middle";
    context.fillStyle = theme.soft;
    context.fillText("Not linked here", from.x + 8, from.y + 12 * network.getScale());
  }

  // ---- view ----

  function extent() {
    const tray = (tall ? data.tall : data.wide).tray;
    const box = tray ? [tray[0], tray[1], tray[0] + tray[2], tray[1] + tray[3]] : [Infinity, Infinity, -Infinity, -Infinity];
    nodes.forEach((node) => {
      const { x, y } = position(node.id);
      const r = tall ? data.tall.size[node.id] : node.size;
      box[0] = Math.min(box[0], x - r);
      box[1] = Math.min(box[1], y - r);
      box[2] = Math.max(box[2], x + r);
      box[3] = Math.max(box[3], y + r);
    });
    return box;
  }

  function fitScale() {
    const [x0, y0, x1, y1] = extent();
    const w = container.clientWidth - 2 * MARGIN;
    const h = container.clientHeight - 2 * MARGIN - STAMP;
    return Math.min(w / (x1 - x0), h / (y1 - y0), MOST_ZOOM);
  }

  function fit() {
    const [x0, y0, x1, y1] = extent();
    const scale = fitScale();
    moved = false;
    const position = { x: (x0 + x1) / 2, y: (y0 + y1 + STAMP / scale) / 2 };
    network.moveTo({ position, scale, animation: false });
  }

  function arrangeFor(width) {
    const wanted = width < TALL_BELOW;
    if (wanted === tall) return false;
    tall = wanted;
    nodeData.update(nodes.map((node) => ({
      id: node.id, ...position(node.id), size: tall ? data.tall.size[node.id] : node.size,
    })));
    return true;
  }

  function zoom(factor) {
    const lowest = fitScale() * 0.5;
    const scale = Math.min(12, Math.max(lowest, network.getScale() * factor));
    moved = true;
    network.moveTo({ scale, animation: false });
  }

  function pan(dx, dy) {
    const at = network.getViewPosition();
    const scale = network.getScale();
    moved = true;
    network.moveTo({ position: { x: at.x + dx / scale, y: at.y + dy / scale }, animation: false });
  }

  // ---- input ----

  // Small dots are hard to hit, on touch screens above all: the nearest dot within 14 pixels is meant.
  function nearest(point) {
    let best = -1;
    let distance = 14;
    for (const dot of screenDots()) {
      const gap = Math.max(0, Math.hypot(dot.x - point.x, dot.y - point.y) - dot.r);
      if (gap < distance) {
        best = dot.item;
        distance = gap;
      }
    }
    return best;
  }

  moveByKeys(container, pan, zoom, fit);

  network.on("click", (event) => select(nearest(event.pointer.DOM)));
  network.on("dragStart", () => { moved = true; });
  network.on("zoom", () => {
    moved = true;
    if (network.getScale() < fitScale() * 0.5) zoom(1);
  });

  pictures.set("network", () => networkPicture({ tray: data.wide.tray, bright: lit(), edgeShown, scale: 1.25, labels: nodes.length }));

  // ---- theme, paper, size ----

  function retheme() {
    theme = readTheme();
    paint();
    network.redraw();
  }
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", retheme);
  window.matchMedia("print").addEventListener("change", retheme);
  window.addEventListener("beforeprint", () => {
    document.documentElement.classList.add("printing");
    retheme();
  });
  window.addEventListener("afterprint", () => {
    document.documentElement.classList.remove("printing");
    retheme();
  });

  network.on("resize", () => {
    // No width: another tab is open.
    if (!container.clientWidth) return;
    if (arrangeFor(container.clientWidth)) moved = false;
    // vis-network scales the view once more after this event; the next drawing has the last word.
    if (!moved) network.once("initRedraw", fit);
  });
  tabListeners.set("tab-network", () => network.redraw());
  network.on("afterDrawing", drawOver);
  listeners.push(paint);

  arrangeFor(container.clientWidth);
  paint();
  fit();
  network.once("afterDrawing", () => requestAnimationFrame(ready));
  network.redraw();

  // What is on the screen, for tests and for scripts that take pictures; points in pixels from the map's corner.
  window.__map = {
    dots: () => screenDots().map((dot) => ({ item: dot.item, x: dot.x, y: dot.y, r: dot.r })),
    edges: () => edges.filter(edgeShown).map((edge) => {
      const from = network.canvasToDOM(position(edge.from));
      const to = network.canvasToDOM(position(edge.to));
      return { pair: edge.id, x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
    }),
    labels: () => labelled.map(({ dot, text, box }) => ({ item: dot.item, text, ...box })),
    bright: () => { const all = lit(); return all ? Array.from(all).sort((p, q) => p - q) : null; },
    scale: () => network.getScale(),
    tall: () => tall,
  };
}
