"""Studies of the tasks other than fraud, each on ten worlds of its own."""
