"""Before a request reaches its route: addresses, connections, bodies and rate limits."""
