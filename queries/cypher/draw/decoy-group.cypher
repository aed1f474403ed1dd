// title: A group of suspected decoys
// folder: Draw
// shows: Hosts with exactly the same models: decoys, or one fleet.
MATCH (h:Host) WHERE h.decoy_group IS NOT NULL
WITH h.decoy_group AS decoy_group, h ORDER BY h.address
WITH decoy_group, collect(h)[..30] AS hosts, count(h) AS size ORDER BY size DESC, decoy_group LIMIT 1
UNWIND hosts AS h
MATCH p = (h)-[:DEPLOYS]->(:Model)
RETURN p LIMIT 250
