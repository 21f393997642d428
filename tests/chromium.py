"""A real browser for tests, and checks to run in it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

REQUIRED = "CUSTOMS_KIT_REQUIRE_CHROMIUM"
#: Width, height in CSS pixels.
PHONE, DESKTOP, PROJECTOR = (360, 780), (1280, 900), (1920, 1080)


def start_or_skip() -> webdriver.Chrome:
    """Start Chromium, or skip the test with the name of the missing program."""
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        missing = "Chromium" if browser is None else "chromedriver"
        reason = (
            f"NO BROWSER TESTS: {missing} is not installed (packages chromium, chromium-driver)."
        )
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(f"{reason} {REQUIRED}=1 requires them.")
        pytest.skip(reason)
    options = Options()
    options.binary_location = browser
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(driver))


def show_as(
    browser: webdriver.Chrome, size: tuple[int, int], scheme: str = "light", medium: str = "screen"
) -> None:
    """Set the screen's size and colour scheme, or paper."""
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": medium, "features": features})


@contextmanager
def without_scripts(browser: webdriver.Chrome) -> Iterator[None]:
    """Disable scripts."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


class Traffic:
    """Requests of a browser: url, headers and, once it is known, status."""

    def __init__(self, browser: webdriver.Chrome) -> None:
        self._browser = browser
        self._seen: dict[str, dict[str, Any]] = {}
        self._browser.get_log("performance")  # drops earlier requests

    def requests(self) -> list[dict[str, Any]]:
        """Return all requests since the start."""
        for line in self._browser.get_log("performance"):
            message = json.loads(line["message"])["message"]
            event = message["params"]
            if message["method"] == "Network.requestWillBeSent":
                request = event["request"]
                seen = {"url": request["url"], "headers": request["headers"], "status": None}
                self._seen[event["requestId"]] = seen
            elif message["method"] == "Network.responseReceived":
                self._seen[event["requestId"]]["status"] = event["response"]["status"]
        return list(self._seen.values())


def complaints_of(browser: webdriver.Chrome) -> list[str]:
    """Return errors and warnings of the console since the last call, policy violations included."""
    return [
        line["message"]
        for line in browser.get_log("browser")
        if line["level"] in {"SEVERE", "WARNING"}
    ]


#: Returns visual faults of a page: texts with too little contrast (WCAG 2.2, 1.4.3), lines of
#: charts below 3:1 (1.4.11; except grid lines), and elements that overflow to the right (1.4.10;
#: tables and code may scroll by themselves).
FAULTS = """
const root = document.documentElement;
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const known = new Map();
const rgba = (text) => {
  if (!known.has(text)) {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    known.set(text, [r, g, b, a / 255]);
  }
  return known.get(text);
};
const over = (top, under) =>
  [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
const luminance = ([r, g, b]) => {
  const [R, G, B] = [r, g, b].map((c) => {
    c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * R + 0.7152 * G + 0.0722 * B;
};
const ratio = (one, other) => {
  const [a, b] = [luminance(one), luminance(other)].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
};
const behind = (element) => {
  const layers = [];
  for (let e = element; e; e = e.parentElement) {
    layers.push(rgba(getComputedStyle(e).backgroundColor));
  }
  return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
};
const faults = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
  if (!text || !element.checkVisibility() || element.closest('title, .visually-hidden')) continue;
  const style = getComputedStyle(element), ground = behind(element);
  const ink = over(rgba(element.closest('svg') ? style.fill : style.color), ground);
  const size = parseFloat(style.fontSize), bold = parseInt(style.fontWeight) >= 700;
  const needed = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
  const contrast = ratio(ink, ground);
  if (contrast < needed) faults.push(`contrast of ${text.slice(0, 40)}: ${contrast.toFixed(2)}`);
}
for (const line of document.querySelectorAll('.chart .line, .level, .spark path, .whisker path')) {
  if (!line.checkVisibility()) continue;
  const ground = behind(document.body);
  const contrast = ratio(over(rgba(getComputedStyle(line).stroke), ground), ground);
  if (contrast < 3) faults.push(`contrast of a line ${line.getAttribute('class')}: ${contrast}`);
}
for (const element of document.querySelectorAll('body *')) {
  if (element.closest('.scroll, pre, .visually-hidden, svg')) continue;
  const right = element.getBoundingClientRect().right;
  if (right > root.clientWidth + 1) faults.push(`${element.tagName} ends at ${right}`);
}
if (root.scrollWidth > root.clientWidth) faults.push(`the page is ${root.scrollWidth} wide`);
return faults;
"""
GROUND = "return getComputedStyle(document.body).backgroundColor"
