"""Take docs/leaderboard.png, a screenshot of a made-up competition before its close."""

from __future__ import annotations

import base64
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

from chromium import show_as, start_or_skip
from customs_data.edition.generating import generate_edition, read_blueprint
from made_up_board import make_up_board, served

_SIZE = (1200, 900)
_N_COLOURS = 96  # few enough for a small file, many enough for clear text


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
    image = image.quantize(_N_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    image.save(path, optimize=True)


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
