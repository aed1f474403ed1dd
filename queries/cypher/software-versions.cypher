// title: Hosts of each version of each server software
// folder: Hosts
// shows: How old the software is.
MATCH (h:Host)-[r:RUNS]->(s:Software)
RETURN s.name AS software, r.version AS version, count(DISTINCT h) AS hosts ORDER BY hosts DESC
