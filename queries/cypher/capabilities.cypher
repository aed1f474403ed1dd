// title: Models of each capability
// folder: Models
// shows: How many models can use tools, see, think or embed.
MATCH (m:Model) UNWIND m.capabilities AS capability
RETURN capability AS capability, count(m) AS models ORDER BY models DESC
