// title: What else the hosts of one family run
// folder: Together
// shows: The company that a family keeps.
// parameter family (text, example "gemma2"): family as servers report it
// caveat: Ever seen: they need not have been listed at the same moment.
MATCH (f:Family)<-[:IN_FAMILY]-(:Model)<-[:DEPLOYS]-(h:Host) WHERE f.name = $family
WITH DISTINCT h
MATCH (h)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(o:Family) WHERE o.name <> $family
RETURN o.name AS family, count(DISTINCT h) AS hosts ORDER BY hosts DESC
