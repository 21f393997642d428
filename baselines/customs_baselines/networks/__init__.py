"""Parts that the torch models share."""
