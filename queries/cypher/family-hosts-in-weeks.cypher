// title: Hosts that listed each model family in given ISO weeks
// folder: Time
// shows: How common families were in a span of time.
// parameter weeks (integers, example [202510, 202511]): ISO weeks
MATCH (h:Host)-[d:DEPLOYS]->(:Model)-[:IN_FAMILY]->(f:Family)
WHERE any(w IN $weeks WHERE w IN d.weeks)
RETURN f.name AS family, count(DISTINCT h) AS hosts ORDER BY hosts DESC
