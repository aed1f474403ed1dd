// title: Hosts of each country
// caveat: The newest country that a scan says; hosts without one are left out.
MATCH (h:Host)-[:IN_COUNTRY]->(c:Country)
RETURN c.code AS country, c.name AS name, count(h) AS hosts
