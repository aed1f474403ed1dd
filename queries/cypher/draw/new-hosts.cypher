// title: The newest hosts and their models
// folder: Draw
// shows: What appeared last.
MATCH (h:Host) WITH h ORDER BY h.first_seen DESC, h.address LIMIT 40
MATCH p = (h)-[:DEPLOYS]->(:Model)
RETURN p LIMIT 200
