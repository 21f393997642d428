"""Before a request reaches its route: connections, limits, privacy, headers and the log."""
