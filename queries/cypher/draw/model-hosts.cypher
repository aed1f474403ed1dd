// title: Some hosts of one model, and all they run
// folder: Draw
// shows: Hosts round a model, and what else is on them.
// parameter model (text, example "llama3.2:latest"): canonical name with its tag
MATCH (m:Model {name: $model})<-[:DEPLOYS]-(h:Host)
WITH h ORDER BY h.last_seen DESC, h.address LIMIT 40
MATCH p = (h)-[:DEPLOYS]->(:Model)
RETURN p LIMIT 200
