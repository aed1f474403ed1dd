// title: Digests of one model, with the hosts that reported each
// folder: Models
// shows: Whether all hosts run the same weights under one name.
// parameter model (text, example "llama3.2:latest"): canonical name with its tag
MATCH (h:Host)-[d:DEPLOYS]->(m:Model) WHERE m.name = $model
UNWIND d.digests AS digest
RETURN digest AS digest, count(h) AS hosts ORDER BY hosts DESC
