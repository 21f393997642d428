"""What models of the task scheme share: traces of violations, and probabilities by violation."""
