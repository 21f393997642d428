"""Where a model errs: the analysis, its page, and the files it is made from."""
