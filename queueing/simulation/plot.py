"""A played day as SVG: callers by interval, service level and occupancy below."""

from collections.abc import Mapping, Sequence
from html import escape

from queueing.simulation.day import Day, clock_time
from queueing.simulation.results import Tally

WORDS = {
    "title": "Simulated day",
    "all": "All departments",
    "in_time": "answered in time",
    "later": "answered later",
    "unanswered": "not answered",
    "level": "service level",
    "occupancy": "occupancy",
    "target": "target",
    "summary": (
        "{name}: {offered} callers, service level {level}, mean wait of the answered {asa} s, occupancy {occupancy}."
    ),
}
# Readable on white and on black; the embedding page may set the variables itself.
_STYLE = """
.sim{--ink:#1f2933;--faint:#c8d0d8;--in-time:#2369bd;--later:#b86e00;--unanswered:#c02d3c;--occupancy:#5d6b78}
@media (prefers-color-scheme:dark){.sim{--ink:#e6ebf0;--faint:#46525e;--in-time:#6aa9f4;--later:#e8a33a;\
--unanswered:#ff7b86;--occupancy:#a3b1bf}}
.sim text{fill:var(--ink);font:12px system-ui,sans-serif}
.sim .name{font-size:15px;font-weight:600}.sim .end{text-anchor:end}.sim .middle{text-anchor:middle}
.sim .grid{stroke:var(--faint);stroke-width:1}.sim .target{stroke:var(--ink);stroke-dasharray:4 4}
.sim .in-time{fill:var(--in-time)}.sim .later{fill:var(--later)}.sim .unanswered{fill:var(--unanswered)}
.sim .level,.sim .occupancy{fill:none;stroke-width:2.5}.sim .level{stroke:var(--in-time)}
.sim .occupancy{stroke:var(--occupancy);stroke-dasharray:2 3}
"""
_WIDTH, _LEFT, _RIGHT = 880, 56, 16
_TOP, _BARS, _GAP, _LINES, _BOTTOM = 56, 150, 30, 110, 40
_PANEL = _TOP + _BARS + _GAP + _LINES + _BOTTOM


def svg(
    days: Sequence[Day], *, target: float | None = None, words: Mapping[str, str] = WORDS, style: bool = True
) -> str:
    """One picture with a panel for each of `days`; `target` from 0 to 1. Without `style` the page brings the CSS.

    A screen reader is told the figures of each panel in the description.
    """
    told = " ".join(_summary(day, words) for day in days)
    height = _PANEL * len(days)
    parts = [
        '<svg class="sim" role="img" aria-labelledby="sim-title sim-desc" direction="ltr"',
        f'  xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}">',
        f'<title id="sim-title">{escape(words["title"])}</title><desc id="sim-desc">{escape(told)}</desc>',
        f"<style>{_STYLE}</style>" if style else "",
    ]
    for number, day in enumerate(days):
        parts.append(f'<g transform="translate(0 {number * _PANEL})">{_panel(day, target, words)}</g>')
    return "\n".join([*filter(None, parts), "</svg>\n"])


def _summary(day: Day, words: Mapping[str, str]) -> str:
    return words["summary"].format(
        name=day.department or words["all"],
        offered=day.total.offered,
        level=f"{day.total.service_level:.0%}",
        asa=f"{day.total.asa:.0f}",
        occupancy=f"{day.total.occupancy:.0%}",
    )


def _panel(day: Day, target: float | None, words: Mapping[str, str]) -> str:
    rows, base = day.intervals, _TOP + _BARS + _GAP + _LINES
    step = (_WIDTH - _LEFT - _RIGHT) / max(1, len(rows))
    parts = [_text(_LEFT, 20, day.department or words["all"], "name"), _legend(target, words)]
    parts += [*_bars(rows, step), *_levels(rows, step, base, target), *_hours(rows, step, base)]
    return "".join(parts)


def _legend(target: float | None, words: Mapping[str, str]) -> str:
    parts, x = [], float(_LEFT)
    names = [("in_time", "in-time"), ("later", "later"), ("unanswered", "unanswered")]
    for word, name in names:
        parts.append(f'<rect class="{name}" x="{x:.0f}" y="31" width="10" height="10"/>')
        parts.append(_text(x + 15, 40, words[word]))
        x += 36 + 7 * len(words[word])
    for word, name in [("level", "level"), ("occupancy", "occupancy"), *([("target", "target")] if target else [])]:
        parts.append(_line(x, 36, x + 18, 36, name))
        parts.append(_text(x + 23, 40, words[word]))
        x += 44 + 7 * len(words[word])
    return "".join(parts)


def _bars(rows: Sequence[Tally], step: float) -> list[str]:
    most = max((row.offered for row in rows), default=0) or 1
    floor = _TOP + _BARS
    parts = [_line(_LEFT, floor, _WIDTH - _RIGHT, floor, "grid"), _line(_LEFT, _TOP, _WIDTH - _RIGHT, _TOP, "grid")]
    parts += [_text(_LEFT - 6, floor + 4, "0", "end"), _text(_LEFT - 6, _TOP + 4, str(most), "end")]
    for number, row in enumerate(rows):
        x, y = _LEFT + number * step + step * 0.1, float(floor)
        stack = ((row.in_time, "in-time"), (row.answered - row.in_time, "later"))
        for count, name in (*stack, (row.offered - row.answered, "unanswered")):
            tall = _BARS * count / most
            y -= tall
            if count:
                parts.append(
                    f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" width="{step * 0.8:.1f}" height="{tall:.1f}"/>'
                )
    return parts


def _levels(rows: Sequence[Tally], step: float, base: float, target: float | None) -> list[str]:
    parts = []
    for share in (0.0, 0.5, 1.0):
        y = base - share * _LINES
        parts += [_line(_LEFT, y, _WIDTH - _RIGHT, y, "grid"), _text(_LEFT - 6, y + 4, f"{share:.0%}", "end")]
    if target:
        y = base - target * _LINES
        parts.append(_line(_LEFT, y, _WIDTH - _RIGHT, y, "target"))
    for name in ("occupancy", "level"):
        points = [
            f"{_LEFT + (number + 0.5) * step:.1f},{base - _share(row, name) * _LINES:.1f}"
            for number, row in enumerate(rows)
            if row.offered or name == "occupancy"
        ]
        # A line of one point is invisible.
        points = [*points, *(points if len(points) == 1 else [])]
        parts.append(f'<polyline class="{name}" stroke-linecap="round" points="{" ".join(points)}"/>')
    return parts


def _share(row: Tally, name: str) -> float:
    return min(1.0, row.service_level if name == "level" else row.occupancy)


def _hours(rows: Sequence[Tally], step: float, base: float) -> list[str]:
    every = max(1, -(-len(rows) // 12))
    return [
        _text(_LEFT + number * step + step / 2, base + 18, clock_time(row.begin), "middle")
        for number, row in enumerate(rows)
        if number % every == 0
    ]


def _text(x: float, y: float, text: str, name: str = "") -> str:
    kind = f' class="{name}"' if name else ""
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _line(x: float, y: float, to_x: float, to_y: float, name: str) -> str:
    return f'<line class="{name}" x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}"/>'
