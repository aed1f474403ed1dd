// title: One lab with its lines and models
// folder: Draw
// shows: Everything of one lab that hosts list.
// parameter lab (text, example "Meta"): name as `line-lab` lists it
MATCH p = (:Lab {name: $lab})<-[:PUBLISHED_BY]-(l:Line)<-[:VARIANT_OF]-(m:Model)
RETURN p ORDER BY l.name, m.name LIMIT 140
