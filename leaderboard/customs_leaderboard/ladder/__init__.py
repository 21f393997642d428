"""The Ladder: how much of its public scores a team is shown before the close."""
