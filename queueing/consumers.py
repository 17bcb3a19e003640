"""`/ws/call/{call_id}/`: the caller's socket."""

import asyncio

from calls.access import Kind, find_call, from_call_secret
from calls.services import lifecycle
from common.consumers import (
    CLOSE_FORBIDDEN,
    CLOSE_UNAUTHENTICATED,
    LOOK_SECONDS,
    Json,
    NewsConsumer,
    Refused,
    in_thread,
)
from common.errors import NotFound, Unauthenticated
from common.realtime import call_stream, group_name
from queueing import presenters, selectors


class CallConsumer(NewsConsumer):
    """The call's stored messages, and `queue_update` as the place in line changes."""

    call_id: str = ""
    _told: Json | None = None
    _department: str = ""
    _told_at: float = 0.0

    async def admit(self, hello: Json) -> None:
        """The caller's secret of this very call."""
        self.call_id = self.scope["url_route"]["kwargs"]["call_id"]
        secret = hello.get("call_secret")
        if not secret:
            raise Refused(CLOSE_UNAUTHENTICATED)
        await in_thread(self._check)(secret)
        self.stream = call_stream(self.call_id)

    def _check(self, secret: str) -> None:
        try:
            principal = from_call_secret(secret)
            if principal.kind is not Kind.CALLER or principal.call_id != self.call_id:
                raise Refused(CLOSE_FORBIDDEN)
            find_call(self.call_id)
        except (Unauthenticated, NotFound) as error:
            raise Refused(CLOSE_UNAUTHENTICATED) from error

    def snapshot(self) -> Json:
        """The call as GET /api/calls/{call_id} shows it, and what was said."""
        call = find_call(self.call_id)
        lines = [presenters.segment(line) for line in call.transcript.all()]
        return {**presenters.call_state(call, for_caller=True), "transcript": lines}

    async def refresh(self) -> None:
        """Tell the place in line when it has changed."""
        department, place = await in_thread(self._look)()
        if department and department != self._department:
            self._department = department
            await self._listen(f"dept:{department}")
        if place is None or place == self._told:
            self._told = place
        # A busy line moves many times a second; one look each second is enough for a person.
        elif self._told is not None and self.too_soon(self._told_at):
            return
        else:
            self._told, self._told_at = place, asyncio.get_running_loop().time()
            await self.tell({"type": "queue_update", **place})

    async def _listen(self, group: str) -> None:
        name = group_name(group)
        await self.channel_layer.group_add(name, self.channel_name)
        self._joined.append(name)

    async def hint(self, event: Json) -> None:
        """Any news may be the one that puts the call in line, but for what is said."""
        news = event.get("news")
        if news is None or any(kind != "transcript" for _, kind, _ in news):
            self._stale_groups = True
        await super().hint(event)

    def _look(self) -> tuple[str, Json | None]:
        entry = selectors.open_entry(self.call_id)
        return (entry.department.slug, presenters.queue_update(entry)) if entry is not None else ("", None)

    async def beat(self) -> None:
        """An open socket is a caller who is there."""
        await in_thread(lifecycle.touch_caller)(self.call_id, present_seconds=int(LOOK_SECONDS))
