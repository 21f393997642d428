"""Self-contained HTML pages from Jinja templates: no other file, no script, nothing fetched."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

_NUMBER: Final = re.compile(
    r"[-+]?[\d.,]+( ?%)?( (\.\.|/|±) [-+]?[\d.,]+( ?%)?)?|[\d.,]+ \([\d.,]+ \.\. [\d.,]+\)"
    r"|\d{4}-\d\d-\d\d|-"
)


def render_page(package: str, template: str, **values: Any) -> str:
    """Return a page.

    Parameters
    ----------
    package : str
        Package whose folder templates/ contains the template.
    template : str
        Name of the template. It extends ``page.html`` and imports tables, colour keys and panels
        from ``parts.html``, both of this package.
    **values
        Variables of the template. All are escaped but figures, which are `markupsafe.Markup`.
    """
    return _environment(package).get_template(template).render(values)


@cache
def _environment(package: str) -> Environment:
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("customs_data.reports")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["numeric"] = lambda cell: bool(_NUMBER.fullmatch(cell))
    return environment
