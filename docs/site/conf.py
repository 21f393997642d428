"""Sphinx: the documentation site; everything in it comes from this repository."""

project = "customs-kit"
author = "The customs-kit authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "alabaster"
html_title = "customs-kit"
html_theme_options = {
    "description": "A competition in a box for customs fraud detection",
    "page_width": "72rem",
    "sidebar_width": "16rem",
    "font_family": "system-ui, sans-serif",
}
html_show_sourcelink = False
napoleon_google_docstring = False
myst_heading_anchors = 4
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # numpydoc says them
# Links to files of the repository that are no pages stay what they are on a code host.
suppress_warnings = ["myst.xref_missing", "myst.header", "misc.highlighting_failure"]
