// title: Groups of suspected decoys
// folder: Hosts
// shows: Many hosts in many networks with exactly the same models: decoys, or one fleet.
MATCH (h:Host) WHERE h.decoy_group IS NOT NULL
OPTIONAL MATCH (h)-[:IN_NETWORK]->(n:Network)
RETURN h.decoy_group AS decoy_group, count(DISTINCT h) AS hosts, count(DISTINCT n) AS networks
