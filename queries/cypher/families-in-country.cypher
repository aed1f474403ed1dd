// title: Hosts of each family in one country
// folder: Places
// shows: What one country runs.
// parameter country (text, example "DE"): two letters of the country of hosts
MATCH (c:Country)<-[:IN_COUNTRY]-(h:Host)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(f:Family)
WHERE c.code = $country
RETURN f.name AS family, count(DISTINCT h) AS hosts ORDER BY hosts DESC
