// title: Hosts that listed one model in each week
// folder: Time
// shows: The course of one model.
// parameter model (text, example "llama3.2:latest"): canonical name with its tag
MATCH (h:Host)-[d:DEPLOYS]->(m:Model) WHERE m.name = $model
UNWIND d.weeks AS week
RETURN week AS week, count(h) AS hosts ORDER BY week
