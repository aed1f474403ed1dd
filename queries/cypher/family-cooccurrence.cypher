// title: Hosts that run models of two families, for every pair of families
// parameter min_hosts (integer, default 1): leave out pairs with fewer hosts
// caveat: Ever seen: the two need not have been listed at the same moment.
MATCH (h:Host)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(f:Family)
WITH h, collect(DISTINCT f.name) AS families
UNWIND families AS a
UNWIND families AS b
WITH a, b, h WHERE a < b
WITH a, b, count(h) AS hosts WHERE hosts >= $min_hosts
RETURN a AS a, b AS b, hosts AS hosts
