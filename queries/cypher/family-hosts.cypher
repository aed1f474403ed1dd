// title: Hosts of each model family
MATCH (h:Host)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(f:Family)
RETURN f.name AS family, count(DISTINCT h) AS hosts
