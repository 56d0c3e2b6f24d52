"""Rows, sections and verdict."""
