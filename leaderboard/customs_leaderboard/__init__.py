"""The leaderboard's place in the layout; there is no service in this release."""
