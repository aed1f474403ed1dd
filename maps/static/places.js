"use strict";
// Places: one measure at a time on the map, in the ranking and in the table; profiles and small multiples beside it.

const PLACES = items.name.length;
const RANKED = 25;
const Z95 = 1.959963984540054;
let measure = data.measures[0];

const base = (place, of = measure) => data.bases[of.base][place];
const enough = (place, of = measure) => base(place, of) >= data.few;
const share = (place, of = measure) => (base(place, of) ? of.counts[place] / base(place, of) : null);
const ofAll = (of = measure) => of.level === "hosts";

// Wilson's 95 % score interval of a share (1927); of published numbers one that holds for all that they stand for.
function interval(place, of = measure) {
  const n = base(place, of);
  const k = of.counts[place];
  if (!n) return [null, null];
  const more = k + data.least - 1;
  return [wilson(k, n + data.least - 1)[0], wilson(more, Math.max(n, more))[1]];
}

function wilson(k, n) {
  const p = k / n;
  const middle = (p + (Z95 * Z95) / (2 * n)) / (1 + (Z95 * Z95) / n);
  const half = (Z95 / (1 + (Z95 * Z95) / n)) * Math.sqrt((p * (1 - p)) / n + (Z95 * Z95) / (4 * n * n));
  return [k === 0 ? 0 : middle - half, k === n ? 1 : middle + half];
}

function drawnAs(place, of = measure) {
  const value = share(place, of);
  if (value === null || !enough(place, of)) return "few";
  let number = 0;
  while (number < of.cuts.length && of.cuts[number] <= value) number += 1;
  return "q" + of.shades[number];
}

function ranking(of = measure) {
  return items.name.map((_, place) => place).filter((place) => enough(place, of))
    .sort((p, q) => share(q, of) - share(p, of) || p - q);
}

// Two significant digits, more for 100.
function fine(value) {
  if (value === null) return UNDEFINED;
  const parts = value * 100;
  if (parts >= 9.95) return parts.toFixed(0) + " %";
  if (parts <= 0) return "0 %";
  return parts.toFixed(1 - Math.floor(Math.log10(Number(parts.toPrecision(2))))) + " %";
}

function spoken(place, of = measure) {
  const [low, high] = interval(place, of);
  if (share(place, of) === null) return "no host with a known item";
  const text = `${fine(share(place, of))} (${fine(low)} to ${fine(high)}), ` +
    `${count(of.counts[place])} of ${count(base(place, of))} hosts`;
  return enough(place, of) ? text : text + "; too few to draw";
}

// Where a scale of shares ends: a round share beyond the highest, so that no interval looks cut.
function scaleEnd(places) {
  const beyond = Math.max(...places.map((place) => interval(place)[1]), 1e-9) * 1.02;
  const power = 10 ** Math.floor(Math.log10(beyond));
  return Math.min(1, [1, 1.2, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9, 10].find((one) => one * power >= beyond) * power);
}

// ---- the world, and its copies ----

const world = byId("world");
const shapes = world ? Array.from(world.querySelectorAll("[data-place]")) : [];

function paintShapes(list, drawn) {
  for (const one of list) {
    const kind = one.localName === "circle" ? "small" : "country";
    one.setAttribute("class", `${kind} ${drawn(Number(one.dataset.place))}`);
  }
}

function standing(place) {
  if (place === choice.selected) return " chosen";
  return choice.matches && !choice.matches.has(place) ? " faint" : "";
}

function paintWorld() {
  paintShapes(shapes, (place) => drawnAs(place) + standing(place));
}

function nameShapes() {
  for (const one of shapes) {
    const place = Number(one.dataset.place);
    let title = one.querySelector("title");
    if (!title) {
      title = shape("title");
      one.append(title);
    }
    title.textContent = `${items.name[place]}: ${spoken(place)}`;
  }
}

function copyOfWorld(className, drawn) {
  const copy = world.cloneNode(true);
  copy.removeAttribute("id");
  copy.removeAttribute("tabindex");
  copy.setAttribute("class", "figure " + className);
  for (const title of copy.querySelectorAll("title")) title.remove();
  paintShapes(copy.querySelectorAll("[data-place]"), drawn);
  return copy;
}

// ---- legend, ranking, details ----

function swatch(className) {
  const drawing = shape("svg", "figure key");
  drawing.setAttribute("width", "15");
  drawing.setAttribute("height", "15");
  const box = shape("rect", "swatch " + className);
  box.setAttribute("x", "0.5");
  box.setAttribute("y", "0.5");
  box.setAttribute("width", "14");
  box.setAttribute("height", "14");
  drawing.append(box);
  return drawing;
}

function legendEntries() {
  return world ? [...measure.legend, ["none", data.nothing]] : [];
}

function showLegend() {
  const list = byId("key");
  if (!list) return;
  list.replaceChildren(...legendEntries().map(([className, meaning]) => {
    const entry = element("li");
    entry.append(swatch(className), element("span", "", meaning));
    return entry;
  }));
}

function plot(place, end) {
  const drawing = shape("svg", "figure plot");
  const [low, high] = interval(place);
  const where = (value) => (6 + (88 * value) / end).toFixed(2) + "%";
  const rail = shape("line", "line");
  const bar = shape("line", "interval");
  const dot = shape("circle", "mark");
  for (const [line, from, to] of [[rail, "6%", "94%"], [bar, where(low), where(high)]]) {
    line.setAttribute("x1", from);
    line.setAttribute("x2", to);
    line.setAttribute("y1", "50%");
    line.setAttribute("y2", "50%");
  }
  dot.setAttribute("cx", where(share(place)));
  dot.setAttribute("cy", "50%");
  dot.setAttribute("r", "4");
  drawing.setAttribute("aria-hidden", "true");
  drawing.append(rail, bar, dot);
  return drawing;
}

function placeButton(place) {
  const button = element("button", "link");
  button.type = "button";
  button.dataset.item = String(place);
  button.append(element("bdi", "name", items.name[place]));
  button.addEventListener("click", () => select(place));
  return button;
}

function rankedPlaces() {
  const all = ranking();
  return choice.matches ? all.filter((place) => choice.matches.has(place)) : all;
}

function showRanking() {
  const places = rankedPlaces();
  const shown = places.slice(0, RANKED);
  const end = scaleEnd(shown);
  byId("ranking").replaceChildren(...shown.map((place) => {
    const row = element("li", place === choice.selected ? "on" : "");
    const n = ofAll() ? `${count(measure.counts[place])} hosts` : `n ${count(base(place))}`;
    row.append(placeButton(place), plot(place, end), element("span", "share", fine(share(place))), element("span", "figures", n));
    return row;
  }));
  const left = PLACES - ranking().length;
  const notes = [`${count(shown.length)} of ${count(places.length)} ranked ${data.units}` + (choice.matches ? " that match" : "")];
  if (left) notes.push(`${count(left)} with fewer than ${data.few} hosts are not ranked`);
  notes.push(`lines from 0 to ${fine(end)}`);
  byId("ranked").textContent = notes.join("; ") + ".";
}

function showDetails() {
  const panel = byId("details");
  const place = choice.selected;
  if (place < 0) {
    panel.replaceChildren(element("p", "", `Choose a ${data.unit} ${world ? "on the map or " : ""}in the ranking, or search and press Enter.`));
    return;
  }
  const title = element("h2");
  title.append(nameElement(place));
  const facts = element("dl");
  fact(facts, "Hosts", `${count(items.hosts[place])} (${fine(items.share[place])} of all)`);
  fact(facts, "Cluster", items.group[place]);
  if (!ofAll()) fact(facts, measure.title, spoken(place));
  const list = element("ul");
  const families = data.measures.filter((one) => one.level === "family" && one.counts[place] > 0)
    .sort((p, q) => q.counts[place] - p.counts[place]).slice(0, 6);
  for (const one of families) {
    const row = element("li");
    row.append(element("bdi", "name", one.title), element("span", "figures", `${fine(share(place, one))} of ${count(base(place, one))}`));
    list.append(row);
  }
  const close = element("button", "", "Clear");
  close.type = "button";
  close.id = "clear";
  close.addEventListener("click", () => {
    select(-1);
    searchBox.focus();
  });
  panel.replaceChildren(title, facts, element("h3", "", "Most common families"), list, close);
}

// ---- what is chosen ----

function showMeasure() {
  byId("measured").textContent = "";
  const [all, of] = measure.overall;
  const overall = ofAll() ? `${count(of)} hosts` : `overall ${fine(of ? all / of : null)} of ${count(of)} hosts`;
  byId("measured").append(element("bdi", "", measure.title), `: share ${measure.of}; ${overall}.`);
  showLegend();
  nameShapes();
  changed();
}

byId("measure").addEventListener("change", (event) => {
  measure = data.measures[Number(event.target.value)];
  showMeasure();
});

for (const one of shapes) one.addEventListener("click", () => select(Number(one.dataset.place)));

function step(by) {
  const places = rankedPlaces();
  if (!places.length) return;
  const at = places.indexOf(choice.selected);
  select(places[at < 0 ? 0 : (at + by + places.length) % places.length]);
}

if (world) {
  const KEYS = new Map([
    ["ArrowDown", () => step(1)], ["ArrowRight", () => step(1)], ["ArrowUp", () => step(-1)], ["ArrowLeft", () => step(-1)],
    ["Escape", clearAll],
  ]);
  world.addEventListener("keydown", (event) => {
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : KEYS.get(event.key);
    if (!action) return;
    event.preventDefault();
    action();
  });
}

listeners.push(paintWorld, showRanking, showDetails);

// ---- the table ----

let tableFilter = null;
let tableShows = null;

function showTable() {
  if (byId("panel-table").hidden || tableShows === measure) return;
  tableShows = measure;
  if (tableFilter) listeners.splice(listeners.indexOf(tableFilter), 1);
  const number = (title, value, show, sorted) => ({ title, number: true, sorted, value, show: (place) => show(value(place)) });
  tableFilter = buildTable(byId("places-table"), `All ${count(PLACES)} ${data.units}. ${measure.title}: share ${measure.of}.`, [
    { title: data.unit.charAt(0).toUpperCase() + data.unit.slice(1), header: true, value: (place) => items.name[place].toLowerCase(), show: nameElement },
    number("Hosts in scope", (place) => items.hosts[place], count, "descending"),
    number("Hosts counted", (place) => measure.counts[place], count),
    number("Base n", (place) => base(place), count),
    number("Share", (place) => share(place), fine),
    number("95 % low", (place) => interval(place)[0], fine),
    number("high", (place) => interval(place)[1], fine),
    { title: "Cluster", value: (place) => items.group[place], show: (place) => items.group[place] },
    { title: "Drawn", value: (place) => (enough(place) ? 0 : 1), show: (place) => (enough(place) ? "yes" : "no: few hosts") },
  ], items.name.map((_, place) => place), (place) => choice.matches.has(place));
}

tabListeners.set("tab-table", showTable);
listeners.push(showTable);

// ---- copies of the world: clusters, and the most common families side by side ----

const MINIATURES = 6;

function once(tab, action) {
  tabListeners.set(tab, () => {
    tabListeners.delete(tab);
    action();
  });
}

if (world) {
  if (byId("cluster-world")) once("tab-alike", () => {
    byId("cluster-world").replaceChildren(copyOfWorld("", (place) => data.clusterClass[place]));
  });
  if (byId("miniatures")) once("tab-multiples", () => {
    const families = data.measures.filter((one) => one.level === "family").slice(0, MINIATURES);
    byId("miniatures").replaceChildren(...families.map((one) => {
      const frame = element("figure", "miniature");
      const title = element("figcaption");
      title.append(element("bdi", "name", one.title));
      const key = element("ul", "key");
      for (const [className, meaning] of one.legend) {
        const entry = element("li");
        entry.append(swatch(className), element("span", "", meaning));
        key.append(entry);
      }
      frame.append(title, copyOfWorld("", (place) => drawnAs(place, one)), key);
      return frame;
    }));
  });
}

// ---- pictures ----

function part(node, width, height) {
  return { node, width, height };
}

function svgPart(drawing) {
  const [, , width, height] = drawing.getAttribute("viewBox").split(" ").map(Number);
  const group = shape("g");
  for (const child of drawing.children) group.append(child.cloneNode(true));
  return part(group, width, height);
}

function legendPart(entries) {
  const group = shape("g");
  entries.forEach(([className, meaning], index) => {
    const box = shape("rect", "swatch " + className);
    const x = (index % 4) * 230;
    const y = Math.floor(index / 4) * 20;
    box.setAttribute("x", String(x));
    box.setAttribute("y", String(y));
    box.setAttribute("width", "13");
    box.setAttribute("height", "13");
    group.append(box, words(x + 18, y + 11, "m", cutTo(meaning, 34)));
  });
  return part(group, 920, Math.ceil(entries.length / 4) * 20);
}

function rankingPart() {
  const group = shape("g");
  const places = rankedPlaces().slice(0, RANKED);
  const end = scaleEnd(places);
  const x = (value) => 250 + (440 * value) / end;
  places.forEach((place, index) => {
    const y = index * 22 + 11;
    const [low, high] = interval(place);
    const bar = shape("line", "interval");
    bar.setAttribute("x1", x(low).toFixed(1));
    bar.setAttribute("x2", x(high).toFixed(1));
    bar.setAttribute("y1", String(y));
    bar.setAttribute("y2", String(y));
    const dot = shape("circle", "mark");
    dot.setAttribute("cx", x(share(place)).toFixed(1));
    dot.setAttribute("cy", String(y));
    dot.setAttribute("r", "4");
    group.append(
      words(240, y + 4, "t", cutTo(items.name[place], 30), "end"), bar, dot,
      words(760, y + 4, "t", fine(share(place)), "end"),
      words(900, y + 4, "m", ofAll() ? `${count(measure.counts[place])} hosts` : `n ${count(base(place))}`, "end"),
    );
  });
  const bottom = places.length * 22;
  for (const value of places.length ? [0, end] : []) group.append(words(x(value), bottom + 12, "m", fine(value), "middle"));
  return part(group, 920, bottom + 16);
}

offerPictures(byId("panel-map"), data.file, () => ({
  title: `${measure.title}: share ${measure.of}`,
  parts: world ? [part(byId("patterns").querySelector("defs"), 0, -14), svgPart(world), legendPart(legendEntries())] : [rankingPart()],
}));
for (const [panel, drawing] of [["panel-alike", "profiles"], ["panel-multiples", "panels"]]) {
  const found = byId(drawing);
  if (found) offerPictures(byId(panel), `${data.file}-${drawing}`, () => ({ title: found.getAttribute("aria-label"), parts: [svgPart(found)] }));
}

// A pattern is found by its name only while it is not in a view that is hidden.
document.body.prepend(byId("patterns"));

showMeasure();
requestAnimationFrame(ready);

window.__map = {
  measure: () => data.measures.indexOf(measure),
  drawn: () => shapes.map((one) => ({ place: Number(one.dataset.place), as: one.getAttribute("class").split(" ")[1] })),
  ranking: () => rankedPlaces(),
  interval: (place) => interval(place),
};
