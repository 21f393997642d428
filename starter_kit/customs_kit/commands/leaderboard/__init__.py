"""`customs-kit leaderboard`."""
