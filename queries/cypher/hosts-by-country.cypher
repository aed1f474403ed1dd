// title: Hosts of each country
// folder: Places
// shows: Where hosts are.
// caveat: The newest country that a scan says; hosts without one are left out.
MATCH (h:Host)-[:IN_COUNTRY]->(c:Country)
RETURN c.code AS country, c.name AS name, count(h) AS hosts ORDER BY hosts DESC
