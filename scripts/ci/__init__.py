"""Scripts that workflows run."""
