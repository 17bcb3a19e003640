"""What axe-core finds on a page that somebody has open, in the light and in the dark."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

_AXE: Final = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_TAGS: Final = ["wcag2a", "wcag2aa", "wcag21aa"]
_GRAVE: Final = ("serious", "critical")
_RUN: Final = """async ({ only, parts }) => {
  // Each further choice of hundreds (time zones) is like the first, and costs as much as a button.
  for (const select of document.querySelectorAll('select'))
    for (const option of [...select.options].slice(30)) if (!option.selected) option.remove();
  // Colours on their way from one scheme to the other are nobody's colours.
  await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)));
  for (const each of document.getAnimations()) {
    if (each.effect.getComputedTiming().endTime === Infinity) each.cancel();
    else each.finish();
  }
  const runOnly = only.rules ? { type: 'rule', values: only.rules } : { type: 'tag', values: only.tags };
  const looked = parts.length ? { include: parts.map((part) => [part]) } : document;
  const found = await axe.run(looked, { runOnly, resultTypes: ['violations'], preload: false });
  return found.violations.map(({ id, impact, nodes }) => ({
    id, impact,
    nodes: nodes.map((node) => `${node.target.join(' ')}: ${node.failureSummary.split('\\n').at(-1).trim()}`),
  }));
}"""


@cache
def _axe() -> str:
    return _AXE.read_text(encoding="utf-8")


def faults(page: Page, name: str, *parts: str) -> list[str]:
    """Serious and critical violations as "page [theme] rule: node". All rules in the light, contrast in the dark.

    `parts`: selectors of what is new on a page whose rest was looked at before.
    """
    page.emulate_media(reduced_motion="reduce")
    # Evaluated by the browser's debugger, which the page's content security policy does not bind.
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(_axe())
    found = []
    for scheme, only in (("light", {"tags": _TAGS}), ("dark", {"rules": ["color-contrast"]})):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found += [f"{name} [{scheme}] {line}" for line in _told(page.evaluate(_RUN, {"only": only, "parts": parts}))]
    return found


def _told(violations: list[dict[str, Any]]) -> Iterator[str]:
    for violation in violations:
        if violation["impact"] in _GRAVE:
            yield from (f"{violation['id']}: {node}" for node in violation["nodes"])
