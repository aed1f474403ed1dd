// title: Hosts that run models of two families, for every pair of families
// folder: Together
// shows: The whole table of what lives with what, counted in Cypher.
// parameter min_hosts (integer, default 1): leave out pairs with fewer hosts
// caveat: Ever seen: the two need not have been listed at the same moment.
// caveat: It counts anew, which takes seconds in a large graph; `co-deployed` reads what `analyse` counted.
MATCH (h:Host)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(f:Family)
WITH h, collect(DISTINCT f.name) AS families WHERE size(families) >= 2
WITH families, count(h) AS alike
UNWIND families AS a
UNWIND families AS b
WITH a, b, alike WHERE a < b
WITH a, b, sum(alike) AS hosts WHERE hosts >= $min_hosts
RETURN a AS a, b AS b, hosts AS hosts ORDER BY hosts DESC
