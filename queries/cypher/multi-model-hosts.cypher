// title: Hosts with two or more distinct models
MATCH (h:Host)-[:DEPLOYS]->(m:Model)
WITH h, count(DISTINCT m) AS models WHERE models >= 2
RETURN count(h) AS hosts
