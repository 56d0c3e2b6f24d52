"""Comparison of Python surfaces."""
