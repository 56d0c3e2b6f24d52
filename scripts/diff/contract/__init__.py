"""Comparison of effective specs."""
