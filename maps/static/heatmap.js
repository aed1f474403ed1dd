"use strict";
// The heatmap: a cell for each two items, in an order in which similar ones stand together.

const CELL = 17;
const FEW = 5;
const LIFTS = {
  steps: [0.5, 0.8, 1.25, 2, 4, 8],
  texts: ["below 0.5", "0.5 to 0.8", "0.8 to 1.25 (as if by chance)", "1.25 to 2", "2 to 4", "4 to 8", "8 and more"],
  colours: ["d0", "d1", "d2", "d3", "d4", "d5", "d6"],
};
const SHARES = {
  steps: [0.01, 0.05, 0.1, 0.2, 0.4, 0.6],
  texts: ["below 1 %", "1 to 5 %", "5 to 10 %", "10 to 20 %", "20 to 40 %", "40 to 60 %", "60 % and more"],
  colours: ["s0", "s1", "s2", "s3", "s4", "s5", "s6"],
};

function startHeatmap(place) {
  const order = data.heatmap;
  const size = order.length;
  const rowOf = new Map(order.map((item, row) => [item, row]));
  const pairAt = new Map();
  pairs.a.forEach((a, pair) => {
    if (!rowOf.has(a) || !rowOf.has(pairs.b[pair])) return;
    const p = rowOf.get(a);
    const q = rowOf.get(pairs.b[pair]);
    pairAt.set(p * size + q, pair);
    pairAt.set(q * size + p, pair);
  });
  let measure = "lift";
  let at = null;
  const says = byId("heatmap-says");
  const names = order.map((item) => fitted(items.name[item], 12, 150));
  const left = Math.ceil(Math.max(...names.map((name) => textWidth(name, 12, true)))) + 10;
  const top = left;

  function cell(row, column) {
    const pair = pairAt.get(row * size + column);
    if (row === column) return { fill: "soft" };
    if (pair === undefined) return { fill: null };
    const hosts = pairs.hosts[pair];
    const scale = measure === "lift" ? LIFTS : SHARES;
    const value = measure === "lift" ? pairs.lift[pair] : hosts / items.hosts[order[row]];
    // A lift of a handful of hosts is chance.
    if (value === null || (measure === "lift" && hosts < FEW)) return { fill: null, few: true, pair };
    const found = scale.steps.findIndex((step) => value < step);
    return { fill: scale.colours[found < 0 ? scale.steps.length : found], pair };
  }

  function picture() {
    const shapes = [];
    const wanted = order.map((item) => (choice.selected >= 0 ? item === choice.selected : !choice.matches || choice.matches.has(item)));
    const all = wanted.every(Boolean);
    for (let row = 0; row < size; row += 1) {
      for (let column = 0; column < size; column += 1) {
        const { fill, few } = cell(row, column);
        const x = left + column * CELL;
        const y = top + row * CELL;
        const fade = wanted[row] || wanted[column] ? undefined : 0.2;
        if (fill) shapes.push(shape.rect(x, y, CELL - 1, CELL - 1, fill, { fade }));
        else if (few) shapes.push(shape.dot(x + CELL / 2 - 0.5, y + CELL / 2 - 0.5, 1.4, "muted", { fade }));
      }
    }
    names.forEach((name, row) => {
      const more = { bold: !all && wanted[row], fade: wanted[row] ? undefined : 0.55 };
      const middle = row * CELL + CELL / 2 - 0.5;
      shapes.push(shape.text(left - 6, top + middle, name, 12, { anchor: "end", ...more }));
      shapes.push(shape.text(left + middle, top - 6, name, 12, { turn: -90, ...more }));
    });
    const scale = measure === "lift" ? LIFTS : SHARES;
    const rest = measure === "lift" ? `; a point: fewer than ${FEW} hosts with both` : "";
    return {
      w: left + size * CELL + 4, h: top + size * CELL + 4, shapes,
      says: (measure === "lift"
        ? "Colour: lift, how many times more hosts have both than if they were independent"
        : "Colour: of the hosts with the item of the row, the share that has that of the column too") + rest + ".",
      legend: scale.texts.map((text, index) => ({ text, fill: scale.colours[index] })),
    };
  }

  function tell() {
    const frame = place.querySelector(".cursor");
    if (!at) {
      says.textContent = "";
      frame.setAttribute("visibility", "hidden");
      return;
    }
    const [row, column] = at;
    frame.setAttribute("x", String(left + column * CELL - 1));
    frame.setAttribute("y", String(top + row * CELL - 1));
    frame.setAttribute("visibility", "visible");
    const pair = pairAt.get(row * size + column);
    const a = element("bdi", "", items.name[order[row]]);
    const b = element("bdi", "", items.name[order[column]]);
    if (row === column) says.replaceChildren(a, `: ${count(items.hosts[order[row]])} hosts (${percent(items.share[order[row]])})`);
    else if (pair === undefined) says.replaceChildren(a, " and ", b, ": no host has both");
    else {
      says.replaceChildren(a, " and ", b, `: ${count(pairs.hosts[pair])} hosts with both, lift ` +
        `${decimals(pairs.lift[pair], 2)}; ${percent(pairs.hosts[pair] / items.hosts[order[row]])} of those with `,
      element("bdi", "", items.name[order[row]]));
    }
  }

  function draw() {
    const drawn = picture();
    const svg = svgOf(drawn, `Heatmap of ${size} ${data.units}; the Table tab has the figures`);
    const frame = document.createElementNS(SVG, "rect");
    frame.setAttribute("class", "cursor");
    frame.setAttribute("width", String(CELL + 1));
    frame.setAttribute("height", String(CELL + 1));
    frame.setAttribute("fill", "none");
    frame.setAttribute("stroke", "var(--text)");
    frame.setAttribute("stroke-width", "2");
    svg.append(frame);
    place.replaceChildren(svg);
    byId("heatmap-how").textContent = drawn.says;
    byId("heatmap-legend").replaceChildren(...drawn.legend.map(({ text, fill }) => legendEntry(text, fill)));
    tell();
  }

  function cellAt(event) {
    const box = place.querySelector("svg").getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left - left) / CELL);
    const row = Math.floor((event.clientY - box.top - top) / CELL);
    return row >= 0 && column >= 0 && row < size && column < size ? [row, column] : null;
  }
  place.addEventListener("pointermove", (event) => {
    at = cellAt(event) || at;
    tell();
  });
  place.addEventListener("click", (event) => {
    const found = cellAt(event);
    if (found) select(choice.selected === order[found[0]] ? -1 : order[found[0]]);
  });
  const STEPS_TO = new Map([["ArrowLeft", [0, -1]], ["ArrowRight", [0, 1]], ["ArrowUp", [-1, 0]], ["ArrowDown", [1, 0]]]);
  place.addEventListener("keydown", (event) => {
    if (event.key === "Escape") clearAll();
    if (event.key === "Enter" && at) select(order[at[0]]);
    const step = STEPS_TO.get(event.key);
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const inside = (value) => Math.min(size - 1, Math.max(0, value));
    at = at ? [inside(at[0] + step[0]), inside(at[1] + step[1])] : [0, 0];
    tell();
  });
  byId("heatmap-measure").addEventListener("change", (event) => {
    measure = event.target.value;
    draw();
  });
  pictures.set("heatmap", picture);
  drawWhenOpen("tab-heatmap", draw);
}

// A swatch with its text.
function legendEntry(text, fill) {
  const entry = element("span", "entry");
  const swatch = document.createElementNS(SVG, "svg");
  swatch.setAttribute("width", "12");
  swatch.setAttribute("height", "12");
  swatch.setAttribute("aria-hidden", "true");
  swatch.append(svgShape(shape.rect(0.5, 0.5, 11, 11, fill, { stroke: "ring" }), (name) => `var(--${name})`));
  entry.append(swatch, element("bdi", "", text));
  return entry;
}

// A view is drawn when its tab opens, and anew when the reader chooses something while it is open.
function drawWhenOpen(tab, draw) {
  const open = () => byId(tab).getAttribute("aria-selected") === "true";
  tabListeners.set(tab, draw);
  listeners.push(() => { if (open()) draw(); });
  if (open()) draw();
}

if (byId("heatmap")) startHeatmap(byId("heatmap"));
