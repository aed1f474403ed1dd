// title: Some hosts of one country with two or more models
// folder: Draw
// shows: What lives together in a country.
// parameter country (text, example "DE"): two letters of the country of hosts
MATCH (c:Country {code: $country})<-[:IN_COUNTRY]-(h:Host)
WHERE COUNT { (h)-[:DEPLOYS]->() } >= 2
WITH h ORDER BY h.last_seen DESC, h.address LIMIT 30
MATCH p = (h)-[:DEPLOYS]->(:Model)
RETURN p LIMIT 200
