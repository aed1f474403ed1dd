// title: Countries in which one model runs
// folder: Places
// shows: Where a model is at home.
// parameter model (text, example "llama3.2:latest"): canonical name with its tag
MATCH (m:Model)<-[:DEPLOYS]-(h:Host)-[:IN_COUNTRY]->(c:Country)
WHERE m.name = $model
RETURN c.code AS country, count(h) AS hosts ORDER BY hosts DESC
