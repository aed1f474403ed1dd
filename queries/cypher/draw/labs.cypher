// title: Labs with their countries and lines
// folder: Draw
// shows: Who published what, and from where.
MATCH p = (:Country)<-[:BASED_IN]-(b:Lab)<-[:PUBLISHED_BY]-(l:Line)
RETURN p ORDER BY b.name, l.name LIMIT 90
