"""Ways of exploring in a season, one module each: EXPLORER and SUMMARY."""
