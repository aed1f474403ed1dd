// title: Hosts that listed one model lately
// folder: Hosts
// shows: Where a model runs now, one row a host, the newest 1,000.
// parameter model (text, example "llama3.2:latest"): canonical name with its tag
// parameter since (text, default "2025-10-01"): from this day on
MATCH (h:Host)-[d:DEPLOYS]->(m:Model) WHERE m.name = $model AND d.last_seen >= $since
OPTIONAL MATCH (h)-[:IN_COUNTRY]->(c:Country)
RETURN h.address AS host, c.code AS country, d.last_seen AS last_seen
ORDER BY last_seen DESC, host LIMIT 1000
