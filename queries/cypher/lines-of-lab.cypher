// title: Lines of one lab, with models and hosts
// folder: Models
// shows: What of a lab is in use, and how much.
// parameter lab (text, example "Meta"): name as `line-lab` lists it
MATCH (b:Lab)<-[:PUBLISHED_BY]-(l:Line)<-[:VARIANT_OF]-(m:Model)<-[:DEPLOYS]-(h:Host)
WHERE b.name = $lab
RETURN l.name AS line, count(DISTINCT m) AS models, count(DISTINCT h) AS hosts ORDER BY hosts DESC
