"""The HTTP service: a JSON API and pages over one board. Read app.py first."""
