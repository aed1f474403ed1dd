// title: What other lines the hosts of one line run
// folder: Together
// shows: The company that a line keeps.
// parameter line (text, example "deepseek-r1"): product line
// caveat: Ever seen: they need not have been listed at the same moment.
MATCH (l:Line)<-[:VARIANT_OF]-(:Model)<-[:DEPLOYS]-(h:Host) WHERE l.name = $line
WITH DISTINCT h
MATCH (h)-[:DEPLOYS]->(:Model)-[:VARIANT_OF]->(o:Line) WHERE o.name <> $line
RETURN o.name AS line, count(DISTINCT h) AS hosts ORDER BY hosts DESC
