"""Check what is about to leave the house: `data release-report`.

Reading order: `checking` (what is measured of a profile or an edition), `rehearsing` (the attack),
`sentences` (what remains, in words), `page` (the page for whoever signs).
"""
