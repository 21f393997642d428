"""The leaderboard: submissions scored against hidden labels, standings, and what resists gaming."""
