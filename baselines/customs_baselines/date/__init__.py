"""DATE: dual attention over the leaves of boosted trees."""
