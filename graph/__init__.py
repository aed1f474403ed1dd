"""The graph: archive, projection, stores and the incidence read from them. It knows no query."""
