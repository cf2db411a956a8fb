"""The hooks of a plugin; finding, loading and calling plugins."""
