"""The pipeline from hand-maintained specs to the committed client: run a module as ``python -m scripts.<verb>``."""
