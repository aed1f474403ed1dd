"""Loaders: scan files become observations. They know no store."""
