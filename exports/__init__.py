"""The graph for other programs: what an export holds, and one module for each format."""
