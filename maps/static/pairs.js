"use strict";
// Pairs of items.

const pairs = data.pairs;

// The measures that follow from counts; the file holds the counts only.
function measures(pair) {
  const a = pairs.a[pair];
  const b = pairs.b[pair];
  const hosts = pairs.hosts[pair];
  return {
    a, b, hosts,
    lift: pairs.lift ? pairs.lift[pair] : null,
    shareOfA: hosts / items.hosts[a],
    shareOfB: hosts / items.hosts[b],
    jaccard: hosts / (items.hosts[a] + items.hosts[b] - hosts),
  };
}
