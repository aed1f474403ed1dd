"""Saved Cypher queries, one file each."""
