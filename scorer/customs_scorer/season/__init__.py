"""The season: who may see what, what is opened each week, and what it brought."""
