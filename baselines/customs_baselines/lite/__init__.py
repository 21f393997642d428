"""A scorecard that fits a spreadsheet: at most 20 rules with whole points, and lists of values."""
