// title: One provider with its networks
// folder: Draw
// shows: The networks of an organisation, and of what kind it is.
// parameter provider (text, example "Example Net"): name as `hosts-by-network` lists it
MATCH p = (:Provider {name: $provider})<-[:OPERATED_BY]-(n:Network)
RETURN p ORDER BY n.asn LIMIT 140
