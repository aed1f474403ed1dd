// title: Hosts seen in each week
// folder: Time
// shows: How many hosts the scans saw, week by week.
MATCH (h:Host) UNWIND h.weeks AS week
RETURN week AS week, count(h) AS hosts ORDER BY week
