"""A safe subset of Markdown as HTML, for short texts of the organizer."""

from __future__ import annotations

from typing import Final

from markdown_it import MarkdownIt
from markupsafe import Markup

# No HTML, images or headings; links to scripts and files stay text.
_PARSER: Final = MarkdownIt("zero").enable(
    ["autolink", "backticks", "emphasis", "entity", "escape", "link", "list", "newline"]
)


def short_markdown(text: str) -> Markup:
    """Return paragraphs, lists, emphasis, code and links of a text as HTML.

    Examples
    --------
    >>> short_markdown("The *server* was <down>.").strip()
    Markup('<p>The <em>server</em> was &lt;down&gt;.</p>')
    """
    return Markup(_PARSER.render(text))  # noqa: S704
