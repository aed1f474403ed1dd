// title: Hosts with two or more distinct models
// folder: Hosts
// shows: How many hosts more than one model lives on.
MATCH (h:Host)-[:DEPLOYS]->(m:Model)
WITH h, count(m) AS models WHERE models >= 2
RETURN count(h) AS hosts
