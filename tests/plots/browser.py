"""A browser without a window: it draws a page at a width, and says where its texts are."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")

# A window is 500 pixels wide at least, so a page that is to be narrower stands in a frame.
_FRAME: Final = """<!doctype html><meta charset="utf-8"><body style="margin:0">
<iframe srcdoc="{page}" width="{width}" height="{height}" style="border:0"></iframe>
<script>
  const errors = [];
  const frame = document.querySelector("iframe");
  const box = (one) => {{
    const {{ left, top, right, bottom }} = one.getBoundingClientRect();
    return {{ text: one.textContent, kind: one.closest("g[class]")?.getAttribute("class") ?? "",
              left, top, right, bottom }};
  }};
  frame.addEventListener("load", () => {{
    frame.contentWindow.addEventListener("error", (event) => errors.push(event.message));
    const wait = async () => {{
      const inner = frame.contentDocument;
      if (!inner.querySelector("#plot[data-drawn]")) return setTimeout(wait, 50);
      const svg = [...inner.querySelectorAll("#plot svg text")].filter((one) => one.textContent.trim());
      const asked = await frame.contentWindow.eval(`(async () => {{ {script} }})()`);
      const edge = inner.querySelector("#plot").getBoundingClientRect();
      const found = {{
        asked, errors, texts: svg.map(box), left: edge.left, right: edge.right,
        width: inner.documentElement.scrollWidth, shown: inner.querySelectorAll("#plot .trace, #plot .hm").length,
      }};
      const told = document.createElement("pre");
      told.id = "found";
      told.textContent = JSON.stringify(found);
      document.body.append(told);
    }};
    wait();
  }});
</script>"""


def browser() -> str | None:
    """Return the browser's program, if there is one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def look(
    page: str, width: int, folder: Path, picture: Path | None = None, height: int = 1000, script: str = ""
) -> dict[str, Any]:
    """Return what a browser finds in a page: the texts of its figure with their places, its size, and its errors.

    Parameters
    ----------
    picture
        Where to put an image of it.
    script
        What is done in the page first; what it returns is `asked`.
    """
    program = browser()
    assert program is not None
    frame = folder / "frame.html"
    parts = {"page": html.escape(page, quote=True), "width": width, "height": height, "script": script}
    frame.write_text(_FRAME.format(**parts), "utf-8")
    command = [
        program, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=20000",
        f"--user-data-dir={folder / 'profile'}", f"--window-size={width},{height}",
    ]  # fmt: skip
    if picture is not None:
        picture.parent.mkdir(parents=True, exist_ok=True)
        _run([*command, f"--screenshot={picture}", frame.as_uri()])
    dumped = _run([*command, "--dump-dom", frame.as_uri()])
    told = re.findall(r'<pre id="found">(.*?)</pre>', dumped, re.DOTALL)
    assert told, f"the page was not drawn: {dumped[-500:]}"
    found: dict[str, Any] = json.loads(html.unescape(told[-1]))
    return found


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return done.stdout


def overlapping(texts: list[dict[str, Any]], slack: float = 2.0) -> list[tuple[str, str]]:
    """Return pairs of texts that cover each other."""
    return [
        (one["text"], other["text"])
        for number, one in enumerate(texts)
        for other in texts[number + 1 :]
        if min(one["right"], other["right"]) - max(one["left"], other["left"]) > slack
        and min(one["bottom"], other["bottom"]) - max(one["top"], other["top"]) > slack
    ]


def outside(found: dict[str, Any]) -> list[str]:
    """Return the texts of which a part is beyond the figure's edges, and not to be seen."""
    return [
        one["text"] for one in found["texts"] if one["left"] < found["left"] - 1 or one["right"] > found["right"] + 1
    ]
