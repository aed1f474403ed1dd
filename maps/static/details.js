"use strict";
// The panel beside the map: one item with its strongest links, or, when none is chosen, the largest items.

const LISTED = 10;

const neighbours = new Map();
for (const edge of data.network.edges) {
  for (const [item, other] of [[edge.from, edge.to], [edge.to, edge.from]]) {
    if (!neighbours.has(item)) neighbours.set(item, []);
    neighbours.get(item).push({ other, pair: edge.id });
  }
}
for (const list of neighbours.values()) {
  list.sort((x, y) => pairs.hosts[y.pair] - pairs.hosts[x.pair] || x.other - y.other);
}

const nodeShown = (item) =>
  items.hosts[item] >= choice.minimum && !choice.hiddenGroups.has(data.network.nodes[item].group);
// Over time only what is drawn in the month.
const linksOf = (item) => (neighbours.get(item) || []).filter(({ pair }) => !data.months || drawnNow.has(pair));

function itemButton(item, figures) {
  const row = element("li");
  const button = element("button", "link");
  button.type = "button";
  button.dataset.item = String(item);
  button.append(element("bdi", "", data.network.nodes[item].label));
  button.addEventListener("click", () => {
    select(item);
    byId("details-title").focus();
  });
  row.append(button, element("span", "figures", figures));
  return row;
}

function linkFigures(pair) {
  const hosts = count(pairs.hosts[pair]) + (pairs.hosts[pair] === 1 ? " host" : " hosts");
  return pairs.lift ? `${hosts} · lift ${decimals(pairs.lift[pair], 2)}` : hosts;
}

function heading(content) {
  const title = element("h2");
  title.id = "details-title";
  title.tabIndex = -1;
  title.append(content);
  return title;
}

function overview() {
  const list = element("ol");
  const order = items.name.map((_, item) => item).sort((p, q) => items.hosts[q] - items.hosts[p] || p - q);
  for (const item of order.slice(0, LISTED)) list.append(itemButton(item, count(items.hosts[item]) + " hosts"));
  const largest = Math.min(LISTED, items.name.length);
  return [
    heading("Details"),
    element("p", "", "Choose a dot, or search and press Enter, to see what it is deployed with."),
    element("h3", "", largest < items.name.length ? `The ${largest} largest of ${count(items.name.length)}` : "All"),
    list,
  ];
}

function about(item) {
  const facts = element("dl");
  const links = linksOf(item);
  fact(facts, "Hosts", count(items.hosts[item]));
  fact(facts, "Share of base", percent(items.share[item]));
  fact(facts, "Group", items.group[item]);
  fact(facts, data.bipartite ? "Lines in this file" : data.pairsInAll ? "Pairs in this file" : "Pairs in all", count(pairs.a.filter((a, pair) => a === item || pairs.b[pair] === item).length));
  const close = element("button", "", "Clear");
  close.type = "button";
  close.id = "clear";
  close.addEventListener("click", () => {
    select(-1);
    searchBox.focus();
  });
  const parts = [heading(nameElement(item)), facts];
  if (!nodeShown(item)) parts.push(element("p", "", "Hidden in the map by the slider or the legend."));
  if (links.length) {
    const list = element("ul");
    for (const { other, pair } of links) {
      list.append(itemButton(other, linkFigures(pair)));
    }
    parts.push(element("h3", "", `Linked in the map (${links.length})`), list);
  } else {
    parts.push(element("p", "", "No link in the map. The table has all its pairs."));
  }
  parts.push(close);
  return parts;
}

const panel = byId("details");
let panelShows = null;

function showDetails() {
  const state = `${choice.month} ${choice.selected < 0 ? "none" : `${choice.selected} ${nodeShown(choice.selected)}`}`;
  if (!panel || panelShows === state) return;
  panelShows = state;
  panel.replaceChildren(...(choice.selected < 0 ? overview() : about(choice.selected)));
  panel.scrollTop = 0;
}

listeners.push(showDetails);
showDetails();
