"""Kaggle: datasets, hosted competitions, and a team's submissions, with the official client."""
