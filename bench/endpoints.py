"""(d) Token, dispatch and health beside a bare Django view, one request at a time over a kept connection."""

from __future__ import annotations

import asyncio
import time

from bench.ears import Ears
from bench.first_sound import quiet
from bench.numbers import Row, percentile
from bench.stack import Stack

_NEW_CALLS = 15


async def endpoints(stack: Stack, requests: int) -> list[Row]:
    """A rejoin of a live call for the token and a repeated dispatch: neither makes a call. Then dispatches that do."""
    ears = Ears()
    made = await stack.post("/api/room/token", {"user_name": "Carol", "language": "en"})
    await ears.join(str(made["url"]), str(made["token"]))
    await ears.heard("ai_")
    secret = {"Authorization": f"Bearer {made['call_secret']}"}
    room = {"room_name": made["room_name"]}
    asked = {
        "token (rejoin)": ("POST", f"{stack.url}/api/room/token", room, secret, 0.05),
        "dispatch (repeated)": ("POST", f"{stack.url}/api/dispatch-agent", room, {}, 0.1),
        "/health": ("GET", f"{stack.url}/health", None, {}, None),
        "/api/health": ("GET", f"{stack.url}/api/health", None, {}, None),
        "bare": ("POST", f"{stack.bare_url}/bare", room, {}, None),
    }
    took: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(requests + 10):
        for name, (method, url, body, headers, _) in asked.items():
            seconds = await _ask(stack, method, url, body, headers)
            if number >= 10:
                took[name].append(seconds)
    await stack.post(f"/api/calls/{made['call_id']}/hangup", secret=str(made["call_secret"]))
    await ears.leave()
    bare = took.pop("bare")
    rows = [_row(f"(d) {name}", samples, bare, asked[name][4]) for name, samples in took.items()]
    return [*rows, _row("(d) dispatch (new call)", await _new_calls(stack), bare, 0.1)]


def _row(name: str, ours: list[float], bare: list[float], limit: float | None) -> Row:
    if limit is None:
        return Row(name, "s", ours, bare)
    within = percentile(ours, 0.99) < limit
    return Row(name, "s", ours, bare, target=f"p99 < {limit * 1000:.0f} ms", within=within)


async def _ask(stack: Stack, method: str, url: str, body: object, headers: dict[str, str]) -> float:
    begun = time.monotonic()
    async with stack.http.request(method, url, json=body, headers=headers) as answer:
        content = await answer.read()
        took = time.monotonic() - begun
        if answer.status != 200:
            raise RuntimeError(f"{method} {url}: {answer.status} {content[:300]!r}")
    return took


async def _new_calls(stack: Stack) -> list[float]:
    samples = []
    for number in range(_NEW_CALLS):
        await quiet(stack)
        begun = time.monotonic()
        made = await stack.post("/api/dispatch-agent", {"room_name": f"bench-{number}-{time.time_ns()}"})
        samples.append(time.monotonic() - begun)
        await asyncio.sleep(0.5)
        await stack.post(f"/api/calls/{made['call_id']}/hangup", secret=str(made["call_secret"]))
    return samples
