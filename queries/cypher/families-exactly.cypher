// title: Hosts that run models of these families and of no others
// parameter families (texts): families such as llama,qwen2
// caveat: Ever seen: they need not have been listed at the same moment.
// caveat: A model whose family is unknown does not count as another one.
MATCH (h:Host)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(f:Family)
WITH h, count(DISTINCT f.name) AS own, count(DISTINCT CASE WHEN f.name IN $families THEN f.name END) AS named
WHERE own = size($families) AND named = size($families)
RETURN count(h) AS hosts
