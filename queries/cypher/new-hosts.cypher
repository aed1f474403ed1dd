// title: Hosts that were first seen lately
// folder: Hosts
// shows: What appeared since a day, the newest 1,000.
// parameter since (text, default "2025-10-01"): from this day on
MATCH (h:Host) WHERE h.first_seen >= $since
RETURN h.address AS host, h.first_seen AS first_seen, h.last_seen AS last_seen
ORDER BY first_seen DESC, host LIMIT 1000
