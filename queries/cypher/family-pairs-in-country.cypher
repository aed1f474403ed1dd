// title: Pairs of families on the hosts of one country
// folder: Together
// shows: What lives together in one country.
// parameter country (text, example "DE"): two letters of the country of hosts
// caveat: Ever seen: they need not have been listed at the same moment.
MATCH (c:Country)<-[:IN_COUNTRY]-(h:Host)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(f:Family)
WHERE c.code = $country
WITH h, collect(DISTINCT f.name) AS families WHERE size(families) >= 2
UNWIND families AS a
UNWIND families AS b
WITH a, b, h WHERE a < b
RETURN a AS a, b AS b, count(h) AS hosts ORDER BY hosts DESC
