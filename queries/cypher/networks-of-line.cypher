// title: Networks in which one line runs
// folder: Places
// shows: Whom to tell when a line has a problem.
// parameter line (text, example "deepseek-r1"): product line
MATCH (l:Line)<-[:VARIANT_OF]-(:Model)<-[:DEPLOYS]-(h:Host)-[:IN_NETWORK]->(n:Network)
WHERE l.name = $line
RETURN n.asn AS asn, count(DISTINCT h) AS hosts ORDER BY hosts DESC
