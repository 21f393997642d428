"""The leaderboard service (to come: see the changelog of the project)."""
