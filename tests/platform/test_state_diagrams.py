"""The state diagrams of docs/ say what the transition tables say, no more and no less."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import calls.states
import queueing.states
import queueing.supervising
from common.transitions import Machine

DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(r"^```mermaid\nstateDiagram-v2\n(.*?)^```", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r"^\s*%% machine: (\w+)$", re.MULTILINE)
_ARROW = re.compile(r"^\s*(\[\*\]|\w+) --> (\[\*\]|\w+)(?:: .+)?$")
EDGE = "[*]"


@dataclass(frozen=True)
class Diagram:
    """One drawing: its arrows as (from, to)."""

    page: str
    machine: str
    arrows: list[tuple[str, str]] = field(default_factory=list)


def machines() -> dict[str, Machine[Any]]:
    """Every transition table, by its name in small letters."""
    return {
        name.lower(): value
        for module in (calls.states, queueing.states, queueing.supervising)
        for name, value in vars(module).items()
        if isinstance(value, Machine)
    }


def diagrams() -> list[Diagram]:
    """Every state diagram of docs/; AssertionError for a line or a name nobody can read."""
    return [_read(page.name, block) for page in sorted(DOCS.glob("*.md")) for block in _BLOCK.findall(page.read_text())]


def _read(page: str, block: str) -> Diagram:
    name = _NAME.search(block)
    assert name, f"{page}: a state diagram without '%% machine: <name>'"
    arrows = []
    for line in filter(None, map(str.strip, block.splitlines())):
        arrow = _ARROW.match(line)
        assert arrow or line.startswith("%%"), f"{page}, {name[1]}: cannot read {line!r}"
        if arrow:
            arrows.append((arrow[1], arrow[2]))
    return Diagram(page, name[1], arrows)


@pytest.mark.parametrize("drawn", diagrams(), ids=lambda each: f"{each.page}-{each.machine}")
def test_a_diagram_has_exactly_the_transitions_of_its_table(drawn: Diagram) -> None:
    machine = machines()[drawn.machine]
    table = {(str(source), str(to)) for source, targets in machine.table.items() for to in targets}
    shown = {arrow for arrow in drawn.arrows if EDGE not in arrow}
    assert shown - table == set(), "drawn, but the code does not allow it"
    assert table - shown == set(), "allowed by the code, but not drawn"
    assert len(drawn.arrows) == len(set(drawn.arrows)), "drawn twice"


@pytest.mark.parametrize("drawn", diagrams(), ids=lambda each: f"{each.page}-{each.machine}")
def test_a_diagram_begins_and_ends_where_its_table_does(drawn: Diagram) -> None:
    machine = machines()[drawn.machine]
    begins = {to for source, to in drawn.arrows if source == EDGE}
    ends = {source for source, to in drawn.arrows if to == EDGE}
    unreachable = {str(state) for state in machine.table if not machine.sources(state)}
    assert begins <= {str(state) for state in machine.table}
    assert unreachable <= begins, "nothing leads there, so something must begin there"
    assert ends == {str(state) for state in machine.terminal()}


def test_every_table_is_drawn_in_the_pages_about_calls_and_queueing() -> None:
    drawn = {each.machine for each in diagrams()}
    assert drawn == set(machines())
    of_queueing = {each.machine for each in diagrams() if each.page == "queueing.md"}
    assert {"call", "entry", "offer", "transfer", "activity"} <= of_queueing
