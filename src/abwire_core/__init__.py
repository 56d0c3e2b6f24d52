"""The runtime that the generated clients call. It knows HTTP and JSON, and nothing of any vendor's operations."""
