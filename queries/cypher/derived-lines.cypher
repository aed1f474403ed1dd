// title: Lines that were made from other lines
// folder: Models
// shows: Which lines were distilled or fine-tuned from which.
MATCH (l:Line)-[:DERIVED_FROM]->(b:Line)
RETURN l.name AS line, b.name AS derived_from
