"""The API's operations as its own OpenAPI document tells them: what comes new is tried without a word here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

# Values that reach further than a value made from the type alone.
_SAMPLES: dict[str, Any] = {
    "email": "carol@example.com",
    "room_name": "sample-room",
    "language": "en",
    "department": "support",
    "status": "available",
    "message": "Where is my order?",
    "reason": "wants a person",
    "transfer_id": "transfer_1_101010",
    "rating": 5,
    "contact": "carol@example.com",
    "kind": "callback",
}


@dataclass(frozen=True)
class Operation:
    """One method of one address. `fields` are the JSON body's, `queries` the query's, by name with their schema."""

    method: str
    path: str
    content: str
    fields: tuple[tuple[str, str], ...]
    required: frozenset[str]
    queries: tuple[str, ...]
    sample: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def body(self, **changes: Any) -> dict[str, Any]:
        """A body that is right but for the changes."""
        return dict(self.sample) | changes

    def strings(self) -> list[str]:
        """Names of the fields that take free text."""
        return [name for name, kind in self.fields if kind == "string"]


@cache
def operations() -> tuple[Operation, ...]:
    """Every documented operation."""
    from callcenter_site.api import api

    document = api.get_openapi_schema()
    return tuple(_operations(document))


def _operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            content, schema = _body(document, described)
            fields, required = schema.get("properties", {}), frozenset(schema.get("required", ()))
            yield Operation(
                method=method.upper(),
                path=re.sub(r"/+", "/", path),
                content=content,
                fields=tuple((name, _kind(document, field)) for name, field in fields.items()),
                required=required,
                queries=tuple(p["name"] for p in described.get("parameters", ()) if p["in"] == "query"),
                sample=tuple(
                    (n, _sample(document, n, f)) for n, f in fields.items() if n in schema.get("required", ())
                ),
            )


def _body(document: dict[str, Any], described: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    contents = described.get("requestBody", {}).get("content", {})
    for content, value in contents.items():
        return content, _resolve(document, value["schema"])
    return "", {}


def _resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return _resolve(document, found)
    for name in ("anyOf", "allOf", "oneOf"):
        for choice in schema.get(name, ()):
            if choice.get("type") != "null":
                return _resolve(document, choice)
    return schema


def _kind(document: dict[str, Any], schema: dict[str, Any]) -> str:
    schema = _resolve(document, schema)
    return "choice" if "enum" in schema or "const" in schema else str(schema.get("type", ""))


def _sample(document: dict[str, Any], name: str, schema: dict[str, Any]) -> Any:
    if name in _SAMPLES:
        return _SAMPLES[name]
    schema = _resolve(document, schema)
    if "enum" in schema:
        return schema["enum"][0]
    return {"integer": schema.get("minimum", 1), "boolean": True, "array": [], "object": {}}.get(
        schema.get("type", ""), "sample"
    )
