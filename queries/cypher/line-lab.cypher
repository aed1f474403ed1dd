// title: Hosts of each product line, with its lab and the lab's country
// folder: Models
// shows: Whose lines are in use, and how much.
MATCH (h:Host)-[:DEPLOYS]->(:Model)-[:VARIANT_OF]->(l:Line)
WITH l, count(DISTINCT h) AS hosts
OPTIONAL MATCH (l)-[:PUBLISHED_BY]->(b:Lab)
OPTIONAL MATCH (b)-[:BASED_IN]->(c:Country)
RETURN l.name AS line, b.name AS lab, c.code AS lab_country, hosts AS hosts ORDER BY hosts DESC
