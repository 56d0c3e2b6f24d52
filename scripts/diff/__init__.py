"""The parts of ``python -m scripts.diff``: what changes for users between two states of the project."""
