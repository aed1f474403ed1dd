// title: Hosts that listed each model family in given ISO weeks
// parameter weeks (integers): ISO weeks such as 202510,202511
MATCH (h:Host)-[d:DEPLOYS]->(:Model)-[:IN_FAMILY]->(f:Family)
WHERE any(w IN $weeks WHERE w IN d.weeks)
RETURN f.name AS family, count(DISTINCT h) AS hosts
