"""Check what is about to leave the house: `data release-report`.

Reading order: `checking` (what is measured of a profile or an edition), `sentences` (what remains,
in words), `page` (the page for whoever signs).
"""
