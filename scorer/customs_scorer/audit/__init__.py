"""The audit: measured tests that an edition cannot be looked up and leaks nothing.

It stands on this floor, not with the editions, because its yardstick is the metric.
"""
