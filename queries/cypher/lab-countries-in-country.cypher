// title: Whose models one country runs, by the countries of labs
// folder: Places
// shows: How much of what runs in one country comes from which other.
// parameter country (text, example "DE"): two letters of the country of hosts
MATCH (c:Country)<-[:IN_COUNTRY]-(h:Host)-[:DEPLOYS]->(:Model)-[:VARIANT_OF]->(:Line)-[:PUBLISHED_BY]->(:Lab)-[:BASED_IN]->(o:Country)
WHERE c.code = $country
RETURN o.code AS lab_country, count(DISTINCT h) AS hosts ORDER BY hosts DESC
