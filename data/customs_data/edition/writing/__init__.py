"""Writing the tables of an edition: sources, what goes into which table, and files."""
