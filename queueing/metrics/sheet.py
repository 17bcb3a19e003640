"""Tables as CSV that a spreadsheet program opens as it should, and in which nothing is a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

# What a spreadsheet takes for the beginning of a formula. Source: OWASP, "CSV Injection".
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Without it Excel reads UTF-8 as the computer's own alphabet, and Arabic as noise.
_BOM = "\ufeff"


def cell(value: Any) -> str:
    """A cell's text: nothing for None, numbers as they are, text that looks like a formula behind an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def sheet(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> str:
    """RFC 4180 with a byte order mark, the columns' names first."""
    out = io.StringIO()
    out.write(_BOM)
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([cell(row.get(column)) for column in columns] for row in rows)
    return out.getvalue()
