"""When: the window of a world, expected volumes, months and days."""
