// title: Hosts by their number of models
// folder: Hosts
// shows: How many hosts list one model, two, or dozens.
// caveat: Ever seen: they need not have been listed at the same moment.
MATCH (h:Host)-[:DEPLOYS]->(m:Model)
WITH h, count(m) AS models
RETURN models AS models, count(h) AS hosts ORDER BY models
