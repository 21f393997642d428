"""GraphFC-style networks over declarations that share traders or goods."""
