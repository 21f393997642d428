"""Tables on disk: reading, checking and writing declarations, with a report of every problem."""
