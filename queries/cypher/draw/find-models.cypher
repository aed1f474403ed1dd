// title: Models found by words of their names, with line and lab
// folder: Draw
// shows: The full-text search: several words, `*` and `~` work.
// parameter words (text, example "deepseek*"): what to look for
CALL db.index.fulltext.queryNodes("cohabit_model_search", $words) YIELD node, score
WITH node AS m, score ORDER BY score DESC, m.name LIMIT 60
OPTIONAL MATCH p = (m)-[:VARIANT_OF]->(:Line)-[:PUBLISHED_BY]->(:Lab)
RETURN m, p LIMIT 60
