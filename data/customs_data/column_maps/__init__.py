"""Foreign exports as declarations: a column map in TOML says what a file's columns mean.

Reading order: `column_map`, `tables`, `conversion`, `applying`, `reading`; then `suggesting`.
"""
