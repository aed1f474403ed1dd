// title: Hosts that run models of both of two families
// parameter a (text): one family
// parameter b (text): the other
// caveat: Ever seen: the two need not have been listed at the same moment.
MATCH (h:Host)
WHERE EXISTS { MATCH (h)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(:Family {name: $a}) }
  AND EXISTS { MATCH (h)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(:Family {name: $b}) }
RETURN count(h) AS hosts
