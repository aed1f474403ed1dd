// title: How two models are joined by hosts
// folder: Draw
// shows: The shortest way from model to model over hosts that list both.
// parameter a (text, example "llama3.2:latest"): one model
// parameter b (text, example "nomic-embed-text:latest"): the other
MATCH p = shortestPath((:Model {name: $a})-[:DEPLOYS*..6]-(:Model {name: $b}))
RETURN p LIMIT 1
