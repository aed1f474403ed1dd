// title: Hosts that run models of these families and of no others
// folder: Together
// shows: How many hosts have this set and nothing else.
// parameter families (texts, example ["llama", "qwen2"]): families
// caveat: Ever seen: they need not have been listed at the same moment.
// caveat: A model whose family is unknown does not count as another one.
MATCH (h:Host)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(f:Family)
WHERE f.name IN $families
WITH h, count(DISTINCT f.name) AS found WHERE found = size($families)
  AND NOT EXISTS { MATCH (h)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(o:Family) WHERE NOT o.name IN $families }
RETURN count(h) AS hosts
