"""Running one model: the plan, the child process, its data, and the record of the run."""
