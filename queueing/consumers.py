"""`/ws/call/{call_id}/`: the caller's socket."""

from collections.abc import Collection, Mapping

from calls.access import Kind, from_call_secret
from calls.models import Call
from calls.services import lifecycle
from common.consumers import (
    CLOSE_FORBIDDEN,
    CLOSE_UNAUTHENTICATED,
    Json,
    NewsConsumer,
    Refused,
)
from common.errors import NotFound, Unauthenticated
from common.lookout import LOOK_SECONDS
from common.realtime import call_stream
from common.rounds import together
from queueing import call_facts, lines, presenters
from queueing.services import pages


class CallConsumer(NewsConsumer):
    """The call's stored messages, and `queue_update` as the place in line changes."""

    call_id: str = ""
    _told: lines.Place = None
    _department: str = ""

    async def admit(self, hello: Json) -> None:
        """The caller's secret of this very call."""
        self.call_id = self.scope["url_route"]["kwargs"]["call_id"]
        secret = hello.get("call_secret")
        if not secret:
            raise Refused(CLOSE_UNAUTHENTICATED)
        try:
            principal = from_call_secret(secret)
        except Unauthenticated as error:
            raise Refused(CLOSE_UNAUTHENTICATED) from error
        if principal.kind is not Kind.CALLER or principal.call_id != self.call_id:
            raise Refused(CLOSE_FORBIDDEN)
        if not await together(_known, self.call_id):
            raise Refused(CLOSE_UNAUTHENTICATED)
        self.stream = call_stream(self.call_id)

    async def snapshot(self) -> Json:
        """The call as GET /api/calls/{call_id} shows it, and what was said."""
        found: Json | None = await together(_snapshots, self.call_id)
        if found is None:
            raise NotFound("No such call.")
        return found

    @property
    def key(self) -> str:
        """The call."""
        return self.call_id

    @classmethod
    def renew(cls, keys: Collection[str]) -> None:
        """An open socket is a caller who is there."""
        lifecycle.touch_callers(keys, present_seconds=int(LOOK_SECONDS))
        pages.touch(keys)

    @classmethod
    def look(cls, keys: Collection[str]) -> Mapping[str, tuple[str, lines.Place]]:
        """Each call's department and place in line."""
        return lines.places(keys)

    async def show(self, values: tuple[str, lines.Place] | None) -> None:
        """Tell the place in line when it has changed."""
        department, place = values or ("", None)
        if department and department != self._department:
            self._department = department
            await self.listen(f"dept:{department}")
        told, self._told = self._told, place
        if place is not None and place != told:
            # A busy line moves many times a second; one look each second is enough for a person.
            self.rest()
            await self.tell({"type": "queue_update", **presenters.queue_place(place)})

    def hinted(self, event: Json) -> None:
        """Any news may be the one that puts the call in line, but for what is said."""
        super().hinted(event)
        news = event.get("news")
        if event["group"] == self.stream and (news is None or any(kind != "transcript" for _, kind, _ in news)):
            self.ask()


def _known(call_ids: Collection[str]) -> Mapping[str, bool]:
    return dict.fromkeys(Call.objects.filter(pk__in=call_ids).values_list("pk", flat=True), True)


def _snapshots(call_ids: Collection[str]) -> Mapping[str, Json]:
    calls = list(Call.objects.filter(pk__in=call_ids).prefetch_related("transcript"))
    facts = call_facts.of(calls)
    return {
        call.pk: {
            **presenters.call_state(call, for_caller=True, facts=facts[call.pk]),
            "transcript": [presenters.segment(line) for line in call.transcript.all()],
        }
        for call in calls
    }
