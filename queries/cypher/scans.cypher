// title: Loaded scans
// folder: Time
// shows: What the graph was made from.
MATCH (s:Scan)
RETURN s.sha256 AS sha256, s.file_name AS file_name, s.loader AS loader, s.loaded_at AS loaded_at,
       s.records AS records, s.rejected AS rejected, s.partial AS partial,
       s.first_seen AS first_seen, s.last_seen AS last_seen, s.simulated AS simulated
