"""What the terminal shows: tables, progress, JSON."""
