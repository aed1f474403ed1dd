// title: Models of one host
// folder: Hosts
// shows: What one host listed, from when to when.
// parameter host (text, example "192.0.2.7"): its address (not a pseudonym)
MATCH (h:Host)-[d:DEPLOYS]->(m:Model) WHERE h.address = $host
RETURN m.name AS model, d.first_seen AS first_seen, d.last_seen AS last_seen, d.observations AS observations
