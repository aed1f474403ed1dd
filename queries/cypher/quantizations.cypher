// title: Models and deployments of each quantisation
// folder: Models
// shows: Which precision people run models at; a host counts once for each of its models.
MATCH (h:Host)-[:DEPLOYS]->(m:Model)
WITH m, count(h) AS hosts WHERE m.quantization IS NOT NULL
RETURN m.quantization AS quantization, count(m) AS models, sum(hosts) AS deployments ORDER BY deployments DESC
