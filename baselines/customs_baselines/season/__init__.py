"""Playing a season: strategies in a process of their own, week by week."""
