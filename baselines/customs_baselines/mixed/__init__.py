"""Mixed-effects logistic regression: one effect per code and trader, shrunk as the labels ask."""
