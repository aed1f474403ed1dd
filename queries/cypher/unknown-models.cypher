// title: Models of no known line, by hosts
// folder: Models
// shows: Names that the catalogue does not know: private ones, new ones, nonsense.
MATCH (m:Model) WHERE NOT EXISTS { MATCH (m)-[:VARIANT_OF]->(:Line) }
MATCH (h:Host)-[:DEPLOYS]->(m)
RETURN m.name AS model, count(h) AS hosts ORDER BY hosts DESC
