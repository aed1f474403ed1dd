// title: Hosts of each model family
// folder: Models
// shows: How common each family is.
MATCH (h:Host)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(f:Family)
RETURN f.name AS family, count(DISTINCT h) AS hosts ORDER BY hosts DESC
