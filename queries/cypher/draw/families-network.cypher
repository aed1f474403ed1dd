// title: Families that live together
// folder: Draw
// shows: The strongest pairs of families that live together more often than by chance.
// parameter min_hosts (integer, default 15): leave out pairs with fewer hosts
// caveat: Empty where the graph has no derived facts; `cohabit analyse` writes them.
MATCH (a:Family)-[r:CO_DEPLOYED]->(b:Family)
WHERE r.hosts >= $min_hosts AND r.lift > 1
RETURN a, r, b ORDER BY r.hosts DESC, a.name, b.name LIMIT 60
