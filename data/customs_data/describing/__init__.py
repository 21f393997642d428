"""What is in an edition: a summary, and a page of figures."""
