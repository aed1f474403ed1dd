// title: Hosts with many models
// folder: Hosts
// shows: The 1,000 with most: collections, shared servers, and what only looks like one.
// parameter min_models (integer, default 10): leave out hosts with fewer models
MATCH (h:Host)-[:DEPLOYS]->(m:Model)
WITH h, count(m) AS models WHERE models >= $min_models
RETURN h.address AS host, models AS models, h.last_seen AS last_seen
ORDER BY models DESC, host LIMIT 1000
