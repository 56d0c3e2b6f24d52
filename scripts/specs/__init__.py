"""Vendor spec and overlays to effective spec."""
