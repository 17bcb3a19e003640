"""While a supervisor speaks to everybody the AI neither speaks nor listens."""

from types import SimpleNamespace
from typing import Any

from calls.states import CallState
from voicebot.behaviours.giving_way import give_way
from voicebot.receptionist.ports import Pulse


class Ears:
    """Whether the session listens."""

    on = True

    def set_audio_enabled(self, on: bool) -> None:
        self.on = on


class Call(SimpleNamespace):
    """As much of a live call as the behaviour touches."""

    def __init__(self) -> None:
        ears = Ears()
        super().__init__(
            id="c1",
            giving_way=False,
            handing_over=False,
            listeners=[],
            ears=ears,
            done=[],
            session=SimpleNamespace(input=ears),
        )

    async def hush(self) -> None:
        self.done.append("hush")

    def sign_of_life(self) -> None:
        self.done.append("count silence anew")


async def hears(call: Any, *, supervisor: bool) -> None:
    for listener in call.listeners:
        await listener(Pulse(alive=True, state=CallState.AI, supervisor_speaks=supervisor), None)


async def test_it_stops_in_the_middle_and_goes_on_afterwards() -> None:
    call: Any = Call()
    give_way(call)
    await hears(call, supervisor=True)
    assert (call.giving_way, call.ears.on, call.done) == (True, False, ["hush"])
    await hears(call, supervisor=True)
    assert call.done == ["hush"]
    await hears(call, supervisor=False)
    assert (call.giving_way, call.ears.on) == (False, True)


async def test_once_a_person_takes_over_it_does_not_listen_again() -> None:
    call: Any = Call()
    give_way(call)
    await hears(call, supervisor=True)
    call.handing_over = True
    await hears(call, supervisor=False)
    assert call.ears.on is False
