// title: What else the hosts of one model run
// parameter model (text): canonical name with its tag, for example llama3.2:latest
// parameter min_hosts (integer, default 1): leave out models with fewer hosts
MATCH (m:Model {name: $model})<-[:DEPLOYS]-(h:Host)-[:DEPLOYS]->(other:Model)
WHERE other.name <> $model
WITH other, count(DISTINCT h) AS hosts WHERE hosts >= $min_hosts
RETURN other.name AS model, hosts AS hosts
