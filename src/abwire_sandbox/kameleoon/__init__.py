"""The Kameleoon Automation API: what is particular to it."""
