"""How fast and how light the client is, beside others made from the same specs: ``python -m bench``."""
