"""A file is refused or trusted before any reader sees it."""
