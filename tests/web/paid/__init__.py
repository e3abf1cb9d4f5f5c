"""Pages that need money."""
