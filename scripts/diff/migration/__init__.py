"""Migration notes and changelog."""
