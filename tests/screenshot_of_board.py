"""Take docs/leaderboard.png, a screenshot of a made-up competition before its close.

With ``--preview``, draw service/static/preview.png instead, which chats show beside a link.
"""

from __future__ import annotations

import base64
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

from chromium import show_as, start_or_skip
from customs_data.edition.generating import generate_edition, read_blueprint
from customs_leaderboard import service
from made_up_board import make_up_board, served

_SIZE = (1200, 900)
_N_COLOURS = 96  # few enough for a small file, many enough for clear text


_PREVIEW_SIZE = (1200, 630)
_PREVIEW = """<!doctype html><style>
body { margin: 0; width: 1200px; height: 630px; overflow: hidden; background: #0b3d3a;
  color: #fff; font: 34px/1.35 "Noto Sans", "DejaVu Sans", sans-serif; }
svg { position: absolute; inset: 0; }
main { position: absolute; left: 76px; top: 72px; width: 720px; }
h1 { font-size: 76px; line-height: 1.08; letter-spacing: -2px; margin: 34px 0 26px; }
p { margin: 0; color: #bfe0dc; }
img { width: 84px; }
</style><svg viewBox="0 0 1200 630" fill="none" stroke-width="5" stroke-linejoin="round">
<path d="M760 128H1200" stroke="#ffd479" stroke-width="3" stroke-dasharray="14 9"/>
<path d="M760 560H800V500H850V430H920V330H990V240H1060V176H1200" stroke="#74cdc2"/>
<path d="M760 590H820V540H880V440H940V400H1040V290H1200" stroke="#ffffff" opacity=".75"/>
<path d="M760 610H840V575H960V470H1090V410H1200" stroke="#ffffff" opacity=".4"/>
<circle cx="1060" cy="176" r="11" fill="#ffd479"/></svg>
<main><img src="data:image/svg+xml;base64,ICON"><h1>Customs fraud<br>leaderboard</h1>
<p>Sealed labels. Scores that resist luck.<br>A log that anyone can check.</p></main>"""
_ICON = Path(service.__file__).parent / "static" / "icon.svg"


def draw_preview(path: Path) -> None:
    """Draw the picture for links."""
    browser = start_or_skip()
    show_as(browser, _PREVIEW_SIZE)
    html = _PREVIEW.replace("ICON", base64.b64encode(_ICON.read_bytes()).decode())
    browser.get(f"data:text/html;base64,{base64.b64encode(html.encode()).decode()}")
    data = browser.execute_cdp_cmd("Page.captureScreenshot", {})["data"]
    browser.quit()
    image = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")
    image.quantize(48, dither=Image.Dither.NONE).save(path, optimize=True)


def draw(path: Path) -> None:
    """Write the screenshot; takes some minutes."""
    browser = start_or_skip()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        edition = folder / "edition"
        generate_edition(
            read_blueprint(n_declarations=54_000), bytes(range(32)), edition,
            origin="secret", seed=None, name="busan-2026",
        )  # fmt: skip
        with served(make_up_board(folder, edition)) as url:
            show_as(browser, _SIZE)
            browser.get(url)
            end = "return document.querySelector('.sealed').getBoundingClientRect().top"
            clip = {"x": 0, "y": 0, "width": _SIZE[0], "scale": 1}
            clip["height"] = browser.execute_script(end) - 30
            wanted = {"captureBeyondViewport": True, "clip": clip}
            data = browser.execute_cdp_cmd("Page.captureScreenshot", wanted)["data"]
    browser.quit()
    image = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")
    image = image.quantize(_N_COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    image.save(path, optimize=True)


if __name__ == "__main__":
    *options, target = sys.argv[1:]
    (draw_preview if options == ["--preview"] else draw)(Path(target))
