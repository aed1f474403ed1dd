"use strict";
// UpSet (Lex et al. 2014): the most frequent exact sets of items, one column a set.

const COLUMN = 36;
const ROW = 22;
const BARS = 150;

function startUpset(place) {
  const sets = data.sets;
  const shown = Math.min(sets.hosts.length, data.shownSets);
  const used = Array.from(new Set(sets.items.slice(0, shown).flat())).sort((p, q) => p - q);
  const rowOf = new Map(used.map((item, row) => [item, row]));
  const names = used.map((item) => fitted(items.name[item], 12, 170));
  const namesWidth = Math.ceil(Math.max(...names.map((name) => textWidth(name, 12, true)))) + 12;
  const own = 120;
  const left = own + namesWidth;
  const top = BARS + 26;

  function picture() {
    const shapes = [];
    const most = sets.hosts[0];
    const largest = Math.max(...used.map((item) => items.hosts[item]));
    const wanted = (item) => (choice.selected >= 0 ? item === choice.selected : !choice.matches || choice.matches.has(item));
    used.forEach((item, row) => {
      const y = top + row * ROW;
      if (row % 2 === 0) shapes.push(shape.rect(0, y, left + shown * COLUMN + 6, ROW, "soft"));
      const width = Math.max(1, (items.hosts[item] / largest) * (own - 52));
      shapes.push(shape.rect(own - 4 - width, y + 5, width, ROW - 10, "c0"));
      shapes.push(shape.text(own - 8 - width, y + ROW / 2, count(items.hosts[item]), 10.5, { anchor: "end" }));
      shapes.push(shape.text(left - 8, y + ROW / 2, names[row], 12, { anchor: "end", bold: choice.selected === item, fade: wanted(item) ? undefined : 0.55 }));
    });
    for (let set = 0; set < shown; set += 1) {
      const x = left + set * COLUMN + COLUMN / 2;
      const fade = sets.items[set].some(wanted) ? undefined : 0.25;
      const height = Math.max(1, (sets.hosts[set] / most) * BARS);
      shapes.push(shape.rect(x - 9, top - 6 - height, 18, height, "c0", { fade }));
      shapes.push(shape.text(x, top - 14 - height, count(sets.hosts[set]), 10.5, { anchor: "middle", fade }));
      const rows = sets.items[set].map((item) => rowOf.get(item)).sort((p, q) => p - q);
      for (let row = 0; row < used.length; row += 1) shapes.push(shape.dot(x, top + row * ROW + ROW / 2, 2.5, "line"));
      const middle = (row) => top + row * ROW + ROW / 2;
      shapes.push(shape.line([[x, middle(rows[0])], [x, middle(rows[rows.length - 1])]], "text", 2, { fade }));
      for (const row of rows) shapes.push(shape.dot(x, middle(row), 5.5, "text", { fade }));
    }
    return {
      w: left + shown * COLUMN + 10, h: top + used.length * ROW + 4, shapes,
      says: `Columns: exact sets of two or more ${data.units}; bars: hosts with exactly this set, and hosts of each in all.`,
    };
  }

  drawWhenOpen("tab-upset", () => {
    place.replaceChildren(svgOf(picture(), `The ${shown} most frequent sets of ${data.units}; the Table tab has the figures`));
  });
  place.addEventListener("click", (event) => {
    const box = place.querySelector("svg").getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top - top) / ROW);
    if (row >= 0 && row < used.length) select(choice.selected === used[row] ? -1 : used[row]);
  });
  place.addEventListener("keydown", (event) => { if (event.key === "Escape") clearAll(); });
  pictures.set("upset", picture);
}

if (byId("upset")) startUpset(byId("upset"));
