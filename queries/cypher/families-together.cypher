// title: Hosts that run models of all of some families
// folder: Together
// shows: How many hosts have all of a set, whatever else they run.
// parameter families (texts, example ["llama", "qwen2", "gemma2"]): families
// caveat: Ever seen: they need not have been listed at the same moment.
MATCH (h:Host)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(f:Family)
WHERE f.name IN $families
WITH h, count(DISTINCT f.name) AS found WHERE found = size($families)
RETURN count(h) AS hosts
