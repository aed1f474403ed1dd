// title: Models by community, with their PageRank and the neighbours they have in the backbone
// folder: Together
// shows: Which models form a group, and which of them holds it together.
// caveat: Empty where the graph has no derived facts; `cohabit analyse` writes them.
MATCH (m:Model)-[:CO_DEPLOYED]-(other:Model)
WHERE m.community IS NOT NULL
RETURN m.community AS community, m.name AS model, m.pagerank AS pagerank, count(other) AS neighbours
