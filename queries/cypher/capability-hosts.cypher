// title: Hosts with a model that has a capability
// folder: Models
// shows: How many hosts offer, for example, a model that calls tools.
// parameter capability (text, example "tools"): completion, embedding, insert, thinking, tools or vision
// caveat: What the model can do by most reports, else by the catalogue; `--capability` also reads what each host reports.
MATCH (m:Model) WHERE $capability IN m.capabilities
MATCH (h:Host)-[:DEPLOYS]->(m)
RETURN count(DISTINCT h) AS hosts
