"""The runtime that the generated clients call. It knows HTTP and JSON, and nothing of any vendor's operations."""

__version__ = "0.2.0"
"""The version of abwire; that of the package, which takes 5 ms to ask for."""
