// title: What is in the graph: labels and relationship types
// folder: Draw
// shows: The map of the graph itself.
CALL db.schema.visualization() YIELD nodes, relationships
RETURN nodes, relationships LIMIT 1
