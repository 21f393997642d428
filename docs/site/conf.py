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
napoleon_use_ivar = True  # attributes of dataclasses are described once
myst_heading_anchors = 4
autodoc_member_order = "bysource"
# scikit-learn and SQLAlchemy make these, with references into their own documents.
autodoc_default_options = {
    "exclude-members": "set_fit_request, set_predict_request, set_predict_proba_request, "
    "set_score_request, set_transform_request, cache_ok, metadata"
}
autodoc_typehints = "none"  # numpydoc says them
# Links to files of the repository that are no pages stay what they are on a code host.
# Names such as `path` in numpydoc types are words, not references.
suppress_warnings = ["myst.xref_missing", "myst.header", "misc.highlighting_failure", "ref.python"]
