"""Notices: files for whom a finding concerns, and what became of it. Files only: nothing is sent."""
