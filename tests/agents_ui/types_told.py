"""The types of stored messages that the code publishes, read from its source, so that no list has to be kept."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
APPS = ("calls", "queueing", "agents_ui", "voicebot")
# Helpers that publish for an agent; their type is the second argument too.
_FOR_AGENTS = {"to_agent", "_relay"}


@cache
def types_told() -> dict[str, frozenset[str]]:
    """By kind of stream (`agent`, `call`): every type published on it."""
    found: dict[str, set[str]] = defaultdict(set)
    for app in APPS:
        for file in sorted((ROOT / app).rglob("*.py")):
            for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(function, ast.FunctionDef):
                    _read(function, found)
    return {stream: frozenset(types) for stream, types in found.items()}


def _read(function: ast.FunctionDef, found: dict[str, set[str]]) -> None:
    for call in ast.walk(function):
        if not isinstance(call, ast.Call) or len(call.args) < 2:
            continue
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if name in _FOR_AGENTS:
            found["agent"] |= set(_texts(call.args[1], function))
        elif name == "publish":
            stream = "call" if "call_stream" in ast.dump(call.args[0]) else "agent"
            found[stream] |= set(_texts(call.args[1], function))


def _texts(value: ast.expr, function: ast.FunctionDef) -> Iterator[str]:
    """The texts an expression may be: a constant, or what the function gives the variable."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from _texts(value.body, function)
        yield from _texts(value.orelse, function)
    elif isinstance(value, ast.Name):
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == value.id for t in node.targets):
                yield from _texts(node.value, function)
