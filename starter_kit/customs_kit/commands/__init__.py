"""One module a command group; each imports what it needs inside its commands."""
