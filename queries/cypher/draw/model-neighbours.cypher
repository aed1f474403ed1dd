// title: Models near one model, in the backbone
// folder: Draw
// shows: What a model lives with, and what that lives with.
// parameter model (text, example "llama3.2:latest"): canonical name with its tag
// caveat: Empty where the graph has no derived facts; `cohabit analyse` writes them.
MATCH p = (m:Model {name: $model})-[:CO_DEPLOYED*1..2]-(:Model)
RETURN p LIMIT 100
