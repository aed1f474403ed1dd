// title: Models that were first listed lately
// folder: Time
// shows: What is new, and how far it has come.
// parameter since (text, default "2025-06-01"): from this day on
MATCH (m:Model) WHERE NOT EXISTS { MATCH (m)<-[d:DEPLOYS]-(:Host) WHERE d.first_seen < $since }
MATCH (h:Host)-[d:DEPLOYS]->(m)
RETURN m.name AS model, min(d.first_seen) AS first_seen, count(h) AS hosts ORDER BY hosts DESC
