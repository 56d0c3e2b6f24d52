"""Tools that run beside the pipeline: Node and the sandbox process."""
