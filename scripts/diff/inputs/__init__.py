"""Two states of the project, and the clients between them."""
