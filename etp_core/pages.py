"""Results as one HTML file with everything in it: the templates of pages, filled in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from etp_core.files import atomic


def write_page(template: Path, content: Mapping[str, Any], path: Path) -> None:
    """Fill a template in and write it, atomically.

    Values are escaped unless they are Markup; a name that `content` lacks is an error. Filters:
    percent (of a rate), number (two decimals, "–" for NaN).
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template.parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["percent"] = lambda rate: f"{100 * rate:.2f}"
    environment.filters["number"] = lambda value: "–" if value != value else f"{value:.2f}"
    html = environment.get_template(template.name).render(content)
    with atomic(path) as temporary:
        temporary.write_text(html, "utf-8")
