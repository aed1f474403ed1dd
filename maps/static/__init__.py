"""Scripts and styles that maps inline."""
