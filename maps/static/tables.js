"use strict";
// The same figures as text: every pair and every item, sortable; also the form of the map for screen readers.

// A column: its heading, the value to sort by, the text to show; names are elements of their own.
function buildTable(place, caption, columns, rows, rowMatches) {
  const table = element("table");
  const title = element("caption");
  const words = element("span", "words", caption + " ");
  const shown = element("span");
  words.append(shown);
  title.append(words);
  const headings = element("tr");
  const body = element("tbody");
  const lines = rows.map((row) => {
    const line = element("tr");
    columns.forEach((column) => {
      const cell = element(column.header ? "th" : "td", column.number ? "number" : "");
      if (column.header) cell.scope = "row";
      cell.append(column.show(row));
      line.append(cell);
    });
    return { row, line };
  });

  function sortBy(column, descending) {
    const sign = descending ? -1 : 1;
    lines.sort((p, q) => {
      const x = column.value(p.row);
      const y = column.value(q.row);
      if (x === y) return p.row - q.row;
      if (x === null || y === null) return x === null ? 1 : -1;
      return x < y ? -sign : sign;
    });
    body.append(...lines.map(({ line }) => line));
  }

  for (const column of columns) {
    const heading = element("th", column.number ? "number" : "");
    heading.scope = "col";
    heading.setAttribute("aria-sort", column.sorted || "none");
    // Browsers do not repeat buttons on each printed page; the style sheet prints this instead.
    heading.dataset.title = column.title;
    const button = element("button", "", column.title);
    button.type = "button";
    button.addEventListener("click", () => {
      const now = heading.getAttribute("aria-sort");
      const descending = now === "none" ? Boolean(column.number) : now === "ascending";
      for (const other of headings.children) other.setAttribute("aria-sort", "none");
      heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
      sortBy(column, descending);
    });
    heading.append(button);
    headings.append(heading);
  }

  function filter() {
    let left = 0;
    for (const { row, line } of lines) {
      const match = !choice.matches || rowMatches(row);
      line.hidden = !match;
      if (match) left += 1;
    }
    shown.textContent = left === lines.length ? "" : `${count(left)} of ${count(lines.length)} rows match the search.`;
  }

  const head = element("thead");
  head.append(headings);
  table.append(title, head, body);
  body.append(...lines.map(({ line }) => line));
  place.replaceChildren(table);
  listeners.push(filter);
  filter();
}

function buildTables() {
  const drawn = new Set(data.network.edges.map((edge) => edge.id));
  const all = pairs.a.map((_, pair) => measures(pair));
  const base = count(data.base);
  const unit = data.unit.charAt(0).toUpperCase() + data.unit.slice(1);
  const name = (item) => items.name[item].toLowerCase();
  const number = (title, key, show, sorted) => ({
    title, number: true, sorted, value: (pair) => all[pair][key], show: (pair) => show(all[pair][key]),
  });
  buildTable(byId("pairs-table"), `All ${count(all.length)} pairs with at least one host; base n = ${base} hosts.`, [
    { title: unit + " A", header: true, value: (pair) => name(all[pair].a), show: (pair) => nameElement(all[pair].a) },
    { title: unit + " B", header: true, value: (pair) => name(all[pair].b), show: (pair) => nameElement(all[pair].b) },
    number("Hosts with both", "hosts", count, "descending"),
    number("Share of A", "shareOfA", percent),
    number("Share of B", "shareOfB", percent),
    number("Lift", "lift", (lift) => decimals(lift, 2)),
    number("Jaccard", "jaccard", (jaccard) => decimals(jaccard, 4)),
    { title: "Drawn", value: (pair) => (drawn.has(pair) ? 0 : 1), show: (pair) => (drawn.has(pair) ? "yes" : "no") },
  ], all.map((_, pair) => pair), (pair) => choice.matches.has(all[pair].a) || choice.matches.has(all[pair].b));

  buildTable(byId("items-table"), `All ${count(items.name.length)} ${data.units}; base n = ${base} hosts.`, [
    { title: unit, header: true, value: name, show: nameElement },
    {
      title: "Hosts", number: true, sorted: "descending", value: (item) => items.hosts[item],
      show: (item) => count(items.hosts[item]),
    },
    {
      title: "Share of base", number: true, value: (item) => items.share[item],
      show: (item) => percent(items.share[item]),
    },
    { title: "Group", value: (item) => items.group[item].toLowerCase(), show: (item) => element("bdi", "", items.group[item]) },
    { title: "Links drawn", number: true, value: (item) => linksOf(item).length, show: (item) => count(linksOf(item).length) },
  ], items.name.map((_, item) => item), (item) => choice.matches.has(item));
}

let tablesBuilt = false;
tabListeners.set("tab-table", () => {
  if (tablesBuilt) return;
  tablesBuilt = true;
  buildTables();
});

for (const [mine, other] of [["pairs", "items"], ["items", "pairs"]]) {
  byId("show-" + mine).addEventListener("click", () => {
    byId(mine + "-table").hidden = false;
    byId(other + "-table").hidden = true;
    byId("show-" + mine).setAttribute("aria-pressed", "true");
    byId("show-" + other).setAttribute("aria-pressed", "false");
  });
}

// Last of all scripts: the network starts when everything it tells is there.
if (byId("network")) startNetwork(byId("network"));
else ready();
