// title: Hosts of each country that were not seen after a day
// folder: Time
// shows: What went away, or was no longer scanned.
// parameter day (text, default "2025-06-01"): the day
MATCH (h:Host)-[:IN_COUNTRY]->(c:Country) WHERE h.last_seen < $day
RETURN c.code AS country, count(h) AS hosts ORDER BY hosts DESC
