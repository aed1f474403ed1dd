// title: Models whose name holds some letters
// folder: Models
// shows: How a part of a name is spelt in full, for the other queries.
// parameter part (text, example "r1"): lower-case letters of the name
MATCH (m:Model) WHERE m.name CONTAINS $part
OPTIONAL MATCH (m)-[:IN_FAMILY]->(f:Family)
OPTIONAL MATCH (m)-[:VARIANT_OF]->(l:Line)
RETURN m.name AS model, f.name AS family, l.name AS line
