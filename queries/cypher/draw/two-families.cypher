// title: Some hosts that run models of two families
// folder: Draw
// shows: What hosts with both look like.
// parameter a (text, example "llama"): one family
// parameter b (text, example "qwen2"): the other
MATCH (h:Host)
WHERE EXISTS { MATCH (h)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(:Family {name: $a}) }
  AND EXISTS { MATCH (h)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(:Family {name: $b}) }
WITH h LIMIT 15
MATCH p = (h)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(f:Family) WHERE f.name IN [$a, $b]
RETURN p LIMIT 130
