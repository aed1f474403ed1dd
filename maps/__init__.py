"""Maps: data for a map, positions, one HTML file."""
