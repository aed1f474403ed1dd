"""Saved queries that draw: they return nodes and paths, which the Neo4j Browser shows as a graph."""
