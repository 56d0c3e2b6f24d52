"""The Convert API, version 1: what is particular to it."""
