"""Which importers are one organisation: pairs of importers, their links, and groups of them."""
