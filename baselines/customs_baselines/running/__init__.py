"""Running a model: the plan, the child process, its data and the record of what came of it."""
