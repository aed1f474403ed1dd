"use strict";
// The same figures as text: every pair and every item, sortable; also the form of the map for screen readers.

function buildTables() {
  const drawn = new Set(data.network.edges.map((edge) => edge.id));
  const all = pairs.a.map((_, pair) => measures(pair));
  const base = count(data.base);
  const pairsSaid = data.pairsInAll
    ? `The ${count(all.length)} strongest of ${count(data.pairsInAll)} pairs` : `All ${count(all.length)} pairs with at least one host`;
  const unit = data.unit.charAt(0).toUpperCase() + data.unit.slice(1);
  const name = (item) => items.name[item].toLowerCase();
  const number = (title, key, show, sorted) => ({
    title, number: true, sorted, value: (pair) => all[pair][key], show: (pair) => show(all[pair][key]),
  });
  const rows = all.map((_, pair) => pair);
  const matches = (pair) => choice.matches.has(all[pair].a) || choice.matches.has(all[pair].b);
  if (data.bipartite) buildLines(rows, matches, all, base, unit, name, number);
  else buildPairs(rows, matches, all, pairsSaid + `; base n = ${base} hosts.`, unit, name, number, drawn);

  buildTable(byId("items-table"), `All ${count(items.name.length)} ${data.units}; base n = ${base} hosts.`, [
    { title: data.bipartite ? "Model or host" : unit, header: true, value: name, show: nameElement },
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

  if (data.sets) buildSets(base, name);
}

function buildPairs(rows, matches, all, caption, unit, name, number, drawn) {
  buildTable(byId("pairs-table"), caption, [
    { title: unit + " A", header: true, value: (pair) => name(all[pair].a), show: (pair) => nameElement(all[pair].a) },
    { title: unit + " B", header: true, value: (pair) => name(all[pair].b), show: (pair) => nameElement(all[pair].b) },
    number("Hosts with both", "hosts", count, "descending"),
    number("Share of A", "shareOfA", percent),
    number("Share of B", "shareOfB", percent),
    number("Lift", "lift", (lift) => decimals(lift, 2)),
    number("Jaccard", "jaccard", (jaccard) => decimals(jaccard, 4)),
    { title: "Drawn", value: (pair) => (drawn.has(pair) ? 0 : 1), show: (pair) => (drawn.has(pair) ? "yes" : "no") },
  ], rows, matches);
}

function buildSets(base, name) {
  const setName = (set) => {
    const list = element("span", "name");
    data.sets.items[set].forEach((item, index) => {
      if (index) list.append(" + ");
      list.append(element("bdi", "", items.name[item]));
    });
    return list;
  };
  buildTable(byId("sets-table"), `The ${count(data.sets.hosts.length)} most frequent exact combinations; base n = ${base} hosts.`, [
    { title: "Exactly these", header: true, value: (set) => name(data.sets.items[set][0]), show: setName },
    { title: "Size", number: true, value: (set) => data.sets.items[set].length, show: (set) => count(data.sets.items[set].length) },
    { title: "Hosts", number: true, sorted: "descending", value: (set) => data.sets.hosts[set], show: (set) => count(data.sets.hosts[set]) },
    {
      title: "Share of base", number: true, value: (set) => data.sets.hosts[set] / data.base,
      show: (set) => percent(data.sets.hosts[set] / data.base),
    },
    {
      title: "Drawn", value: (set) => (set < data.shownSets ? 0 : 1),
      show: (set) => (set < data.shownSets ? "yes" : "no"),
    },
  ], data.sets.hosts.map((_, set) => set), (set) => data.sets.items[set].some((item) => choice.matches.has(item)));
}

let tablesBuilt = false;
tabListeners.set("tab-table", () => {
  if (tablesBuilt) return;
  tablesBuilt = true;
  buildTables();
});

const TABLES = ["pairs", "items", "sets"].filter((one) => byId(one + "-table"));
for (const mine of TABLES) {
  byId("show-" + mine).addEventListener("click", () => {
    for (const one of TABLES) {
      byId(one + "-table").hidden = one !== mine;
      byId("show-" + one).setAttribute("aria-pressed", String(one === mine));
    }
  });
}
