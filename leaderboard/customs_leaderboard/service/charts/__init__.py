"""Charts of the pages, as SVG made on the server."""
