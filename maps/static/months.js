"use strict";
// Month by month: the slider exchanges the figures of items and pairs, the other views follow.

choice.month = data.months.label.length - 1;
const fullSize = data.network.nodes.map((node) => node.size);
// A dot is as large as in the picture of places in the month with most hosts; one that is published in no month has none.
const fullHosts = items.name.map((_, item) => Math.max(1, ...data.months.hosts.map((hosts) => hosts[item])));
const monthShare = (month, item) => data.months.hosts[month][item] / data.months.base[month];
let drawnNow = new Set();

function showMonth(month) {
  choice.month = month;
  items.hosts = data.months.hosts[month];
  items.share = items.hosts.map((hosts) => hosts / data.months.base[month]);
  pairs.hosts = data.months.pairHosts[month];
  pairs.lift = data.months.pairLift[month];
  drawnNow = new Set(data.months.drawn[month]);
  data.pairsInAll = data.months.pairs[month];
  data.network.nodes.forEach((node, item) => {
    node.size = Math.max(1.5, fullSize[item] * Math.sqrt(items.hosts[item] / fullHosts[item]));
  });
  const said = `${data.months.label[month]}, n = ${count(data.months.base[month])}`;
  byId("month-value").textContent = said;
  byId("month").setAttribute("aria-valuetext", said);
}

function startMonths(slider) {
  showMonth(choice.month);
  showDetails();
  slider.addEventListener("input", () => {
    showMonth(Number(slider.value));
    changed();
  });
  const play = byId("play");
  let timer = 0;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
  };
  const step = () => {
    const next = choice.month + 1;
    if (next >= data.months.label.length) return stop();
    slider.value = String(next);
    showMonth(next);
    changed();
    return undefined;
  };
  if (window.matchMedia("(prefers-reduced-motion: reduce)").matches || data.months.label.length < 2) {
    play.hidden = true;
    byId("still").hidden = data.months.label.length < 2;
  }
  play.addEventListener("click", () => {
    if (timer) return stop();
    if (choice.month === data.months.label.length - 1) {
      slider.value = "0";
      showMonth(0);
      changed();
    }
    play.textContent = "Pause";
    timer = setInterval(step, 900);
    return undefined;
  });
}

// ---- the course of shares ----

function sharesPicture(w, h) {
  const months = data.months.label;
  const [left, top, names] = [46, 14, Math.min(170, w * 0.34)];
  const chosen = items.name.map((_, item) => item).filter((item) => item < data.groups.filter(({ colour }) => colour < 7).length ||
    item === choice.selected || (choice.matches && choice.matches.size < 6 && choice.matches.has(item)));
  const most = Math.max(0.01, ...chosen.flatMap((item) => months.map((_, month) => monthShare(month, item))));
  const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.25].find((one) => most / one <= 6) || 0.25;
  const ceiling = Math.ceil(most / step) * step;
  const x = (month) => left + (months.length > 1 ? (month / (months.length - 1)) * (w - left - names) : (w - left - names) / 2);
  const y = (share) => top + (1 - share / ceiling) * (h - top - 34);
  const shapes = [];
  for (let share = 0; share <= ceiling + 1e-9; share += step) {
    shapes.push(shape.line([[left, y(share)], [w - names, y(share)]], "line", 1));
    shapes.push(shape.text(left - 6, y(share), Math.round(share * 100) + " %", 11, { anchor: "end", fill: "muted" }));
  }
  const every = Math.ceil(months.length / Math.max(1, Math.floor((w - left - names) / 62)));
  months.forEach((label, month) => {
    if (month % every === 0) shapes.push(shape.text(x(month), h - 16, label, 11, { anchor: "middle", fill: "muted" }));
  });
  // What is rounded to 0 is not said: a point there would say that there was none.
  const said = (item) => months.map((_, month) => month).filter((month) => !data.months.least || data.months.hosts[month][item]);
  const ends = chosen.filter((item) => said(item).length)
    .map((item) => ({ item, at: y(monthShare(said(item).pop(), item)) })).sort((p, q) => p.at - q.at);
  ends.forEach((end, index) => { if (index) end.at = Math.max(end.at, ends[index - 1].at + 15); });
  const over = Math.max(0, (ends.length ? ends[ends.length - 1].at : 0) - (h - 20));
  for (const { item, at } of ends) {
    const colour = "c" + data.groups[data.nodes.group[item]].colour;
    const on = choice.selected < 0 || choice.selected === item;
    const points = said(item).map((month) => [x(month), y(monthShare(month, item))]);
    shapes.push(shape.line(points, colour, choice.selected === item ? 3.5 : 2, { fade: on ? undefined : 0.3 }));
    points.forEach(([px, py]) => shapes.push(shape.dot(px, py, 2.6, colour, { fade: on ? undefined : 0.3 })));
    const [ex, ey] = points[points.length - 1];
    shapes.push(shape.line([[ex + 5, ey], [ex + 16, at - over]], "line", 1));
    shapes.push(shape.text(ex + 20, at - over, fitted(items.name[item], 12, names - 26), 12, { bold: choice.selected === item }));
  }
  shapes.push(shape.line([[x(choice.month), top], [x(choice.month), h - 34]], "muted", 1));
  return { w, h, shapes, says: "Share of the hosts whose list was seen in the month." };
}

function drawShares() {
  const width = Math.max(300, byId("shares").clientWidth - 14);
  byId("shares").replaceChildren(svgOf(sharesPicture(width, 340), "Shares by month; the Table tab has the figures"));
}

// ---- tables ----

function buildMonthTables() {
  const rows = data.months.label.flatMap((_, month) => items.name.map((_name, item) => ({ month, item })));
  const all = rows.map((_, row) => row);
  const at = (row) => rows[row];
  const hosts = (row) => data.months.hosts[at(row).month][at(row).item];
  buildTable(byId("months-table"), `${count(data.months.label.length)} months, ${count(items.name.length)} ${data.units}.`, [
    { title: "Month", header: true, value: (row) => data.months.label[at(row).month], show: (row) => data.months.label[at(row).month], sorted: "ascending" },
    { title: "Family", value: (row) => items.name[at(row).item].toLowerCase(), show: (row) => nameElement(at(row).item) },
    { title: "Hosts", number: true, value: hosts, show: (row) => count(hosts(row)) },
    { title: "Share", number: true, value: (row) => monthShare(at(row).month, at(row).item), show: (row) => percent(monthShare(at(row).month, at(row).item)) },
    { title: "Base n", number: true, value: (row) => data.months.base[at(row).month], show: (row) => count(data.months.base[at(row).month]) },
  ], all, (row) => choice.matches.has(at(row).item));
  const lines = data.months.drawn.flatMap((drawn, month) => drawn.map((pair) => ({ month, pair })));
  const figure = (key, row) => data.months[key][lines[row].month][lines[row].pair];
  const end = (side) => ({
    title: "Family " + side.toUpperCase(), value: (row) => items.name[pairs[side][lines[row].pair]].toLowerCase(),
    show: (row) => nameElement(pairs[side][lines[row].pair]),
  });
  buildTable(byId("lines-table"), `${count(lines.length)} lines over all months.`, [
    { title: "Month", header: true, value: (row) => data.months.label[lines[row].month], show: (row) => data.months.label[lines[row].month], sorted: "ascending" },
    end("a"), end("b"),
    { title: "Hosts with both", number: true, value: (row) => figure("pairHosts", row), show: (row) => count(figure("pairHosts", row)) },
    { title: "Lift", number: true, value: (row) => figure("pairLift", row), show: (row) => decimals(figure("pairLift", row), 2) },
  ], lines.map((_, row) => row), (row) => choice.matches.has(pairs.a[lines[row].pair]) || choice.matches.has(pairs.b[lines[row].pair]));
}

let monthTablesBuilt = false;
tabListeners.set("tab-table", () => {
  if (monthTablesBuilt) return;
  monthTablesBuilt = true;
  buildMonthTables();
});

if (byId("month")) {
  startMonths(byId("month"));
  pictures.set("shares", () => sharesPicture(1000, 420));
  listeners.push(drawShares);
  window.addEventListener("resize", drawShares);
  drawShares();
}
