"use strict";
// Large networks on a canvas: everything is drawn once into a bitmap; moving shows the bitmap, and when the reader
// stops it is drawn anew, sharp and with the names that have room now.

const MOST_LABELS = 150;
const STILL = 140; // milliseconds without a move
const NEAR = 12; // pixels around a pointer

function startCanvas(container) {
  const { nodes, edges } = data.network;
  const canvas = element("canvas");
  canvas.setAttribute("aria-hidden", "true");
  const tip = element("div", "tip");
  tip.hidden = true;
  container.append(canvas, tip);
  const context = canvas.getContext("2d");
  const bitmap = document.createElement("canvas");
  const view = { x: 0, y: 0, scale: 1 };
  const drawnAt = { x: 0, y: 0, scale: 1 };
  let moved = false;
  let waiting = 0;
  let labelled = [];
  let theme = readColours();
  choice.minimumLift = 0;

  function readColours() {
    const style = getComputedStyle(document.documentElement);
    return (name) => style.getPropertyValue("--" + name).trim();
  }

  // ---- what is visible, what stands out ----

  const liftOf = (pair) => (pairs.lift ? pairs.lift[pair] : null);
  const inMonth = (edge) => !data.months || drawnNow.has(edge.id);
  const edgeShown = (edge) => inMonth(edge) && pairs.hosts[edge.id] >= choice.minimum &&
    (liftOf(edge.id) === null || liftOf(edge.id) >= choice.minimumLift) && nodeShown(edge.from) && nodeShown(edge.to);

  function lit() {
    if (choice.selected < 0) return choice.matches;
    const all = new Set([choice.selected]);
    for (const { other } of linksOf(choice.selected)) all.add(other);
    return all;
  }

  // ---- view ----

  const width = () => container.clientWidth;
  const height = () => container.clientHeight;
  // On a tall screen the axes change places, as in the map of families.
  let turned = false;
  const place = (node) => (turned ? [node.y, node.x] : [node.x, node.y]);
  const trayBox = () => (data.tray && turned ? [data.tray[1], data.tray[0], data.tray[3], data.tray[2]] : data.tray);
  const toScreen = (x, y) => [(x - view.x) * view.scale + width() / 2, (y - view.y) * view.scale + height() / 2];
  const toWorld = (x, y) => [(x - width() / 2) / view.scale + view.x, (y - height() / 2) / view.scale + view.y];

  function extent() {
    const tray = trayBox();
    const box = tray ? [tray[0], tray[1], tray[0] + tray[2], tray[1] + tray[3]] : [Infinity, Infinity, -Infinity, -Infinity];
    for (const node of nodes) {
      const [x, y] = place(node);
      box[0] = Math.min(box[0], x - node.size);
      box[1] = Math.min(box[1], y - node.size);
      box[2] = Math.max(box[2], x + node.size);
      box[3] = Math.max(box[3], y + node.size);
    }
    return box;
  }

  function fitScale() {
    const [x0, y0, x1, y1] = extent();
    return Math.min((width() - 28) / (x1 - x0), (height() - 28) / (y1 - y0), 2.5);
  }

  function fit() {
    const [x0, y0, x1, y1] = extent();
    moved = false;
    turned = width() < height() * 0.9;
    view.scale = fitScale();
    view.x = (x0 + x1) / 2;
    view.y = (y0 + y1) / 2;
    draw();
  }

  function zoom(factor, at) {
    const [px, py] = at || [width() / 2, height() / 2];
    const [wx, wy] = toWorld(px, py);
    view.scale = Math.min(30, Math.max(fitScale() * 0.5, view.scale * factor));
    view.x = wx - (px - width() / 2) / view.scale;
    view.y = wy - (py - height() / 2) / view.scale;
    move();
  }

  function pan(dx, dy) {
    view.x -= dx / view.scale;
    view.y -= dy / view.scale;
    move();
  }

  // ---- drawing ----

  function paths(target, list, add, finish) {
    target.beginPath();
    for (const one of list) add(one);
    finish();
  }

  function draw() {
    clearTimeout(waiting);
    if (!width()) return;
    const ratio = window.devicePixelRatio || 1;
    for (const one of [canvas, bitmap]) {
      one.width = Math.round(width() * ratio);
      one.height = Math.round(height() * ratio);
    }
    const target = bitmap.getContext("2d");
    target.setTransform(ratio, 0, 0, ratio, 0, 0);
    target.fillStyle = theme("background");
    target.fillRect(0, 0, width(), height());
    const bright = lit();
    drawEdges(target, bright);
    const dots = drawDots(target, bright);
    drawTray(target);
    labelled = placeLabels(target, dots, { w: width(), h: height() });
    drawLabels(target, labelled, { halo: theme("background"), text: theme("text") });
    if (data.simulated) {
      target.font = `600 12px ${FONT}`;
      target.fillStyle = theme("muted");
      target.textBaseline = "alphabetic";
      target.fillText("SIMULATED DATA", 8, height() - 7);
    }
    Object.assign(drawnAt, view);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(bitmap, 0, 0);
  }

  function drawEdges(target, bright) {
    const on = (edge) => !bright || (choice.selected >= 0
      ? edge.from === choice.selected || edge.to === choice.selected : bright.has(edge.from) || bright.has(edge.to));
    const shown = edges.filter(edgeShown);
    const parts = bright
      ? [[shown.filter((edge) => !on(edge)), "edge-faint", 0.8], [shown.filter(on), "edge-strong", 1.2]] : [[shown, "edge", shown.length > 600 ? 0.5 : 0.8]];
    for (const [list, colour, line] of parts) {
      target.strokeStyle = theme(colour);
      target.lineWidth = line;
      // Thousands of lines must not paint the ground.
      target.globalAlpha = colour === "edge" ? Math.max(0.25, Math.min(1, Math.sqrt(700 / list.length))) : 1;
      paths(target, list, (edge) => {
        target.moveTo(...toScreen(...place(nodes[edge.from])));
        target.lineTo(...toScreen(...place(nodes[edge.to])));
      }, () => target.stroke());
    }
    target.globalAlpha = 1;
    byId("shown").textContent = shownText(shown.length);
  }

  function shownText(shown) {
    const left = nodes.reduce((sum, node) => sum + (nodeShown(node.id) ? 1 : 0), 0);
    return `${count(shown)} of ${count(data.pairsInAll)} ${data.pairWord} shown · ${count(left)} of ${count(nodes.length)} ${data.units}`;
  }

  function drawDots(target, bright) {
    const groups = data.groups.map(() => [[], []]);
    // A tray with cells has room for names.
    const named = Boolean(data.tray && data.tray.length > 4);
    const cells = named && !turned;
    const dots = [];
    for (const node of nodes) {
      if (!nodeShown(node.id)) continue;
      const [x, y] = toScreen(...place(node));
      const r = Math.max(1, node.size * view.scale);
      const on = !bright || bright.has(node.id);
      if (x < -r || y < -r || x > width() + r || y > height() + r) continue;
      groups[node.group][on ? 0 : 1].push([x, y, r]);
      const inTray = !neighbours.has(node.id);
      dots.push({
        item: node.id, x, y, r, text: node.label, bold: node.id === choice.selected || (node.id < 8 && !inTray),
        // Hosts are many and all alike: names of models may cover them.
        soft: data.bipartite && data.groups[node.group].colour === 0,
        wanted: bright ? on : data.bipartite ? node.group === 0 || r > 9 : !inTray || named || r > 9,
        room: inTray && cells ? data.tray[4] * view.scale - 6 : 0, onlyRight: inTray && cells,
      });
    }
    groups.forEach((parts, index) => {
      parts.forEach((list, faded) => {
        target.globalAlpha = faded ? 0.15 : 1;
        target.fillStyle = theme("c" + data.groups[index].colour);
        target.strokeStyle = theme("ring");
        target.lineWidth = 0.6;
        paths(target, list, ([x, y, r]) => {
          target.moveTo(x + r, y);
          target.arc(x, y, r, 0, 2 * Math.PI);
        }, () => {
          target.fill();
          target.stroke();
        });
      });
    });
    target.globalAlpha = 1;
    const chosen = dots.find((dot) => dot.item === choice.selected);
    if (chosen) {
      target.strokeStyle = theme("text");
      target.lineWidth = 3;
      paths(target, [chosen], ({ x, y, r }) => target.arc(x, y, r + 1, 0, 2 * Math.PI), () => target.stroke());
      dots.sort((p, q) => (q.item === choice.selected) - (p.item === choice.selected));
    }
    // Nobody reads more names at once, and each is checked against all dots.
    let left = MOST_LABELS;
    for (const dot of dots) {
      dot.wanted = dot.wanted && left > 0;
      if (dot.wanted) left -= 1;
    }
    return dots;
  }

  function drawTray(target) {
    if (!data.tray) return;
    const [x, y, w, h] = trayBox();
    const [left, top] = toScreen(x, y);
    target.strokeStyle = theme("line");
    target.lineWidth = 1;
    target.strokeRect(left, top, w * view.scale, h * view.scale);
    const size = Math.min(12, 18 * view.scale);
    if (size < 7) return;
    target.font = `400 ${size}px ${FONT}`;
    target.textBaseline = "middle";
    target.fillStyle = theme("muted");
    // The head of the tray is at its side when the axes have changed places: the words go above it.
    target.fillText("Not linked here", left + (turned ? 0 : 8), turned ? top - (data.tray.length > 4 ? 26 : 9) : top + 13 * view.scale);
  }

  // Between two drawings: the bitmap, moved and stretched.
  function move() {
    moved = true;
    tip.hidden = true;
    const ratio = window.devicePixelRatio || 1;
    const factor = view.scale / drawnAt.scale;
    const x = width() / 2 - ((width() / 2) * factor) + (drawnAt.x - view.x) * view.scale;
    const y = height() / 2 - ((height() / 2) * factor) + (drawnAt.y - view.y) * view.scale;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = theme("background");
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, x * ratio, y * ratio, canvas.width * factor, canvas.height * factor);
    clearTimeout(waiting);
    waiting = setTimeout(draw, STILL);
  }

  // ---- input ----

  function nearest(px, py, within) {
    let best = -1;
    let distance = within;
    for (const node of nodes) {
      if (!nodeShown(node.id)) continue;
      const [x, y] = toScreen(...place(node));
      const gap = Math.max(0, Math.hypot(x - px, y - py) - Math.max(1, node.size * view.scale));
      if (gap < distance || (gap === 0 && distance === 0)) {
        best = node.id;
        distance = gap;
      }
    }
    return best;
  }

  const at = (event) => {
    const box = container.getBoundingClientRect();
    return [event.clientX - box.left - container.clientLeft, event.clientY - box.top - container.clientTop];
  };

  function hover(px, py) {
    const item = nearest(px, py, 5);
    tip.hidden = item < 0;
    if (item < 0) return;
    tip.replaceChildren(element("bdi", "", items.name[item]), element("div", "", describe(item)));
    tip.style.left = Math.max(4, Math.min(px + 14, width() - 300)) + "px";
    tip.style.top = Math.max(4, Math.min(py + 14, height() - 70)) + "px";
  }

  const pointers = new Map();
  let travelled = 0;
  canvas.addEventListener("pointerdown", (event) => {
    pointers.set(event.pointerId, at(event));
    travelled = pointers.size > 1 ? 100 : 0;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const [px, py] = at(event);
    const before = pointers.get(event.pointerId);
    if (!before) {
      hover(px, py);
      return;
    }
    const other = Array.from(pointers.entries()).find(([id]) => id !== event.pointerId);
    if (other) {
      const [ox, oy] = other[1];
      const was = Math.hypot(before[0] - ox, before[1] - oy) || 1;
      zoom(Math.hypot(px - ox, py - oy) / was, [ox, oy]);
    } else {
      travelled += Math.hypot(px - before[0], py - before[1]);
      if (travelled > 4) pan(px - before[0], py - before[1]);
    }
    pointers.set(event.pointerId, [px, py]);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => {
      const known = pointers.delete(event.pointerId);
      if (known && end === "pointerup" && travelled <= 4) select(nearest(...at(event), NEAR));
    });
  }
  canvas.addEventListener("pointerleave", () => { tip.hidden = true; });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(-Math.max(-200, Math.min(200, event.deltaY)) / 400), at(event));
  }, { passive: false });

  moveByKeys(container, (x, y) => pan(-x, -y), zoom, fit);

  const lift = byId("lift");
  if (lift) {
    const stops = [0, 1, 1.5, 2, 3, 5, 8, 12, 20, 50, 100];
    const largest = data.drawn.reduce((most, pair) => Math.max(most, pairs.lift[pair] || 0), 0);
    lift.max = String(stops.filter((stop) => stop <= largest).length - 1);
    const slide = () => {
      choice.minimumLift = stops[Number(lift.value)] || 0;
      byId("lift-value").textContent = String(choice.minimumLift);
      changed();
    };
    lift.addEventListener("input", slide);
    byId("lift-value").textContent = "0";
  }

  // ---- theme, paper, size ----

  function retheme() {
    theme = readColours();
    draw();
  }
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", retheme);
  for (const [event, printing] of [["beforeprint", true], ["afterprint", false]]) {
    window.addEventListener(event, () => {
      document.documentElement.classList.toggle("printing", printing);
      retheme();
    });
  }
  new ResizeObserver(() => { if (width()) (moved ? draw : fit)(); }).observe(container);
  tabListeners.set("tab-network", draw);
  listeners.push(draw);
  pictures.set("network", () => networkPicture({ tray: data.tray, bright: lit(), edgeShown, scale: 1, labels: 400 }));

  fit();
  requestAnimationFrame(ready);

  // What is on the screen, for tests and for programs that take pictures.
  window.__map = {
    dots: () => nodes.filter((node) => nodeShown(node.id)).map((node) => {
      const [x, y] = toScreen(...place(node));
      return { item: node.id, x, y, r: Math.max(1, node.size * view.scale) };
    }),
    edges: () => edges.filter(edgeShown).map((edge) => edge.id),
    labels: () => labelled.map(({ dot, text, box }) => ({ item: dot.item, text, ...box })),
    bright: () => { const all = lit(); return all ? Array.from(all).sort((p, q) => p - q) : null; },
    scale: () => view.scale,
  };
}

// One line on an item.
function describe(item) {
  return `${count(items.hosts[item])} hosts (${percent(items.share[item])})`;
}

if (byId("network")) startCanvas(byId("network"));
else ready();
