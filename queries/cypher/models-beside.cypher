// title: What else the hosts of one model run
// folder: Together
// shows: The company that a model keeps.
// parameter model (text, example "llama3.2:latest"): canonical name with its tag
// parameter min_hosts (integer, default 1): leave out models with fewer hosts
MATCH (m:Model {name: $model})<-[:DEPLOYS]-(h:Host)-[:DEPLOYS]->(other:Model)
WHERE other.name <> $model
WITH other, count(DISTINCT h) AS hosts WHERE hosts >= $min_hosts
RETURN other.name AS model, hosts AS hosts ORDER BY hosts DESC
