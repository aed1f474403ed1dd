// title: Hosts of each model
// folder: Models
// shows: How common each model is, the most common first.
// parameter min_hosts (integer, default 1): leave out models with fewer hosts
MATCH (h:Host)-[:DEPLOYS]->(m:Model)
WITH m, count(h) AS hosts WHERE hosts >= $min_hosts
RETURN m.name AS model, hosts AS hosts ORDER BY hosts DESC
