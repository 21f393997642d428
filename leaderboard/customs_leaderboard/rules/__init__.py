"""The rules of a competition, and which editions may have one."""
