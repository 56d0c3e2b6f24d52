"""Effective spec to generated package."""
