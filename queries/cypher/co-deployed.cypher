// title: Pairs of families that live together, as `cohabit analyse` found them
// folder: Together
// shows: How strongly families live together, with the chance of it.
// parameter min_hosts (integer, default 15): leave out pairs with fewer hosts
// caveat: Empty where the graph has no derived facts; `cohabit analyse` writes them.
MATCH (a:Family)-[r:CO_DEPLOYED]->(b:Family)
WHERE r.hosts >= $min_hosts
RETURN a.name AS a, b.name AS b, r.hosts AS hosts, r.lift AS lift, r.jaccard AS jaccard, r.q_value AS q_value ORDER BY hosts DESC
