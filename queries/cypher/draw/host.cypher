// title: One host with everything on it
// folder: Draw
// shows: What a host lists and runs, and where it is.
// parameter host (text, example "192.0.2.7"): its address (not a pseudonym)
MATCH p = (h:Host {address: $host})-[:DEPLOYS|RUNS|IN_COUNTRY|IN_NETWORK]->()
RETURN p LIMIT 250
