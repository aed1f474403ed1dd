// title: Hosts of each product line, with its lab and the lab's country
MATCH (h:Host)-[:DEPLOYS]->(:Model)-[:VARIANT_OF]->(l:Line)
OPTIONAL MATCH (l)-[:PUBLISHED_BY]->(b:Lab)
OPTIONAL MATCH (b)-[:BASED_IN]->(c:Country)
RETURN l.name AS line, b.name AS lab, c.code AS lab_country, count(DISTINCT h) AS hosts
