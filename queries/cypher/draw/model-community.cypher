// title: The community of one model
// folder: Draw
// shows: The group of models that a model belongs to.
// parameter model (text, example "llama3.2:latest"): canonical name with its tag
// caveat: Empty where the graph has no derived facts; `cohabit analyse` writes them.
MATCH (m:Model {name: $model})
MATCH p = (a:Model {community: m.community})-[:CO_DEPLOYED]->(b:Model {community: m.community})
RETURN p LIMIT 140
