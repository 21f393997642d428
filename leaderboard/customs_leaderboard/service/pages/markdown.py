"""The organizer's Markdown as safe HTML."""

from __future__ import annotations

from typing import Final

from markdown_it import MarkdownIt
from markupsafe import Markup

# No HTML, images or headings; links to scripts and files stay text.
_PARSER: Final = MarkdownIt("zero").enable(
    ["autolink", "backticks", "emphasis", "entity", "escape", "link", "list", "newline"]
)
# No HTML and no images, which the security policy forbids; links as above.
_LONG_PARSER: Final = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
# Wide tables scroll by themselves, also by keyboard.
_SCROLL: Final = '<div class="scroll" tabindex="0" role="region" aria-label="Table">'


def short_markdown(text: str) -> Markup:
    """Return paragraphs, lists, emphasis, code and links of a text as HTML.

    Examples
    --------
    >>> short_markdown("The *server* was <down>.").strip()
    Markup('<p>The <em>server</em> was &lt;down&gt;.</p>')
    """
    return Markup(_PARSER.render(text))  # noqa: S704


def long_markdown(text: str) -> Markup:
    r"""Return a whole page as HTML: also headings, tables and quotes.

    Examples
    --------
    >>> long_markdown("# Rules\n[x](javascript:alert(1))").strip()
    Markup('<h1>Rules</h1>\n<p>[x](javascript:alert(1))</p>')
    """
    tokens = _LONG_PARSER.parse(text)
    for token in tokens:
        # The security policy forbids the style that aligns the cells of a table.
        if str(token.attrs.pop("style", "")).endswith("right"):
            token.attrSet("class", "number")
    html = _LONG_PARSER.renderer.render(tokens, _LONG_PARSER.options, {})
    # Text of a page cannot contain these tags: it is escaped.
    html = html.replace("<table>", f"{_SCROLL}<table>").replace("</table>", "</table></div>")
    return Markup(html)  # noqa: S704


def first_line(text: str, most: int = 80) -> str:
    r"""Return the first line of a text without marks, shortened to `most` characters.

    Examples
    --------
    >>> first_line("**Late**: see [log](/log).\n\nMore.")
    'Late: see log.'
    """
    line = ""
    for block in _PARSER.parse(text):
        for part in block.children or []:
            if part.type in ("softbreak", "hardbreak"):
                break
            line += part.content
        if line:
            break
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
