// title: Hosts of each network, with who runs it
// folder: Places
// shows: Where hosts are, by autonomous system.
MATCH (h:Host)-[:IN_NETWORK]->(n:Network)
WITH n, count(h) AS hosts
OPTIONAL MATCH (n)-[:OPERATED_BY]->(p:Provider)
RETURN n.asn AS asn, p.name AS provider, hosts AS hosts ORDER BY hosts DESC
