"""Queries: one question, one module."""
