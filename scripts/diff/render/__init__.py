"""Markdown and HTML of a report."""
