"use strict";
// The table of the lines between models and hosts.

function buildLines(rows, matches, all, base, unit, name, number) {
  buildTable(byId("pairs-table"), `The ${count(rows.length)} lines of this file, of ${count(data.pairsInAll)} listings of a model on a host; base n = ${base} hosts.`, [
    { title: unit, header: true, value: (pair) => name(all[pair].a), show: (pair) => nameElement(all[pair].a) },
    { title: "On", header: true, value: (pair) => name(all[pair].b), show: (pair) => nameElement(all[pair].b) },
    number("Hosts", "hosts", count),
  ], rows, matches);
}
