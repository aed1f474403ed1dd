// title: Lines that were made from other lines
// folder: Draw
// shows: The family tree of lines.
MATCH p = (l:Line)-[:DERIVED_FROM]->(b:Line)
RETURN p ORDER BY b.name, l.name LIMIT 140
