// title: Some hosts of one network, with its provider and their models
// folder: Draw
// shows: Who runs a network, and what runs in it.
// parameter asn (integer, example 64496): number of the autonomous system
MATCH (n:Network {asn: $asn})<-[:IN_NETWORK]-(h:Host)
WITH n, h ORDER BY h.last_seen DESC, h.address LIMIT 40
OPTIONAL MATCH operated = (n)-[:OPERATED_BY]->(:Provider)
OPTIONAL MATCH listed = (h)-[:DEPLOYS]->(:Model)
RETURN n, h, operated, listed LIMIT 200
