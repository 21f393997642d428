"""Neural networks: parts that the torch models share."""
