// title: Hosts that run models of both of two families
// folder: Together
// shows: How many hosts have both.
// parameter a (text, example "llama"): one family
// parameter b (text, example "qwen2"): the other
// caveat: Ever seen: the two need not have been listed at the same moment.
MATCH (h:Host)
WHERE EXISTS { MATCH (h)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(:Family {name: $a}) }
  AND EXISTS { MATCH (h)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(:Family {name: $b}) }
RETURN count(h) AS hosts
