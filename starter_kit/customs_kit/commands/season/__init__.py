"""Commands of competitions of seasons."""
