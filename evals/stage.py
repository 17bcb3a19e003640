"""The company a scenario is played in: the demo's, its desks and doors as the scenario wants them."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from io import StringIO

from django.core.management import call_command
from django.db import connection

from calls.models import Call
from calls.services import lifecycle, participants, sweeps
from calls.services.participants import gone
from calls.states import AITask, EndReason, Role
from calls.telephony import Seen
from common import clock
from evals.scenario import AgentAct, House, Scenario
from queueing import selectors
from queueing.models import Agent, Department, OpeningHours, QueueEntry
from queueing.services import agents, handing_back, offers, transfers
from queueing.services import sweeps as queue_sweeps
from queueing.states import Presence

# Somebody else's call of the day before: nothing of it may be heard by this caller.
STRANGER = ("Omar Haddad", "omar.haddad@private.example", "+966 50 765 4321", "order 88231")
_LONG = timedelta(days=1)
_RULES = ("when_closed", "when_full", "when_unstaffed", "when_timed_out")
_FULL = 1


class Derailed(Exception):
    """The scenario cannot go on: the call is not where the next step needs it."""


@contextmanager
def time_at(moment: datetime) -> Iterator["Time"]:
    """A clock that stands at `moment` until it is moved."""
    with clock.frozen(moment):
        yield Time()


class Time:
    """Moves the stopped clock of this process."""

    def pass_(self, seconds: float) -> None:
        """Later by that much."""
        clock._Clock.stopped_at = clock.now() + timedelta(seconds=seconds)  # noqa: SLF001


def build(house: House) -> None:
    """Make the company in an empty database."""
    _seed()
    sweeps.heartbeat("voicebot", "simulated")
    Department.objects.update(time_zone="Asia/Riyadh", **dict.fromkeys(_RULES, house.instead))
    Department.objects.filter(slug__in=house.closed).update(when_closed=house.instead)
    # Whoever waits for a desk that opens later waits all the same.
    Department.objects.update(when_unstaffed="keep")
    for slug in house.closed:
        _close(Department.objects.get(slug=slug), house.at)
    for slug in house.full:
        Department.objects.filter(slug=slug).update(max_waiting=_FULL)
        _somebody_waits(slug)
    for name in house.at_desk:
        comes(name)


_template: list[sqlite3.Connection] = []


def _seed() -> None:
    """The demo's rows. On SQLite they are made once, and copied from then on."""
    connection.ensure_connection()
    if _template:
        _template[0].backup(connection.connection)
        return
    call_command("seed_demo", stdout=StringIO())
    _stranger()
    if connection.vendor == "sqlite":
        _template.append(sqlite3.connect(":memory:", check_same_thread=False))
        connection.connection.backup(_template[0])


def _close(department: Department, at: datetime) -> None:
    tomorrow = (at.weekday() + 1) % 7
    OpeningHours.objects.create(department=department, weekday=tomorrow, opens=time(9), closes=time(17))


def _stranger() -> None:
    name, email, phone, order = STRANGER
    call = lifecycle.create_call(name=name, email=email, wants_ai=False)
    Call.objects.filter(pk=call.pk).update(facts={"phone": phone, "order": order}, summary=f"Complains about {order}.")
    lifecycle.end_call(call.pk, EndReason.CUSTOMER_HANGUP, actor="caller")


def _somebody_waits(slug: str) -> None:
    waiting = lifecycle.create_call(name="Dana", wants_ai=False, department=slug)
    Call.objects.filter(pk=waiting.pk).update(caller_deadline=None)
    transfers.create_transfer(Call.objects.get(pk=waiting.pk), reason="a person", department=slug, actor="ai")


def comes(name: str) -> None:
    """An agent sits down at the desk and is available."""
    agent = selectors.get_agent(name)
    Agent.objects.filter(pk=agent.pk).update(lease_until=clock.now() + _LONG, idle_since=clock.now())
    agents.set_presence(selectors.get_agent(name), Presence.AVAILABLE, actor=name)


def make_call(scenario: Scenario) -> Call:
    """The scenario's caller has pressed Start Call and is in the room; the AI is on its way."""
    who = scenario.caller
    call = lifecycle.create_call(name=who.name, email=who.email, language=scenario.language)
    seen = Seen(
        sid=f"PA_{call.pk}", identity=call.caller_identity, name=who.name, role=Role.CUSTOMER, is_agent_kind=False
    )
    participants.joined(call, seen)
    return Call.objects.get(pk=call.pk)


def act(agent_act: AgentAct, call_id: str) -> None:
    """What the agent at the desk does about the call."""
    if agent_act == "comes":
        comes("agent_a")
        return
    if agent_act in ("accepts", "declines"):
        _answer_offer(agent_act, call_id)
        return
    call = Call.objects.get(pk=call_id)
    if call.agent is None:
        raise Derailed(f"no agent has the call, which is {call.state}")
    if agent_act == "hangs_up":
        lifecycle.hang_up(call_id, by_agent=True, actor=call.agent.get_username())
        return
    task = AITask.SURVEY if agent_act == "asks_for_rating" else AITask.FINISH
    agent = selectors.get_agent(call.agent.get_username())
    handing_back.hand_back(call, agent=agent, task=task)
    gone(Call.objects.get(pk=call_id), _seen(agent))


def _answer_offer(agent_act: AgentAct, call_id: str) -> None:
    entry = QueueEntry.objects.filter(call_id=call_id).last()
    if entry is None:
        raise Derailed("the call was never in a line")
    offer = entry.offers.filter(state="pending").select_related("agent__user").first()
    if offer is None and agent_act == "accepts":
        _taken_before_it_rang(entry)
        return
    if offer is None:
        raise Derailed(f"nothing rings for the call, which is {entry.state} in the line")
    if agent_act == "declines":
        offers.decline_offer(str(offer.pk), agent=offer.agent)
        return
    offers.accept_offer(str(offer.pk), agent=offer.agent)
    _enters(call_id, offer.agent)


def _taken_before_it_rang(entry: QueueEntry) -> None:
    """An agent who has just come is given the first in line without being asked."""
    if entry.agent is None:
        raise Derailed(f"nobody has been given the call, which is {entry.state} in the line")
    _enters(entry.call_id, entry.agent)


def _enters(call_id: str, agent: Agent) -> None:
    participants.joined(Call.objects.get(pk=call_id), _seen(agent))


def _seen(agent: Agent) -> Seen:
    return Seen(
        sid=f"PA_{agent.username}", identity=agent.identity, name=agent.name, role=Role.AGENT, is_agent_kind=False
    )


def press_for_person(call_id: str) -> None:
    """The button "Talk to a person"."""
    transfers.create_transfer(Call.objects.get(pk=call_id), reason="", actor="caller")


def hang_up(call_id: str) -> None:
    """The caller hangs up."""
    lifecycle.hang_up(call_id, by_agent=False, actor="caller")


def sweep() -> None:
    """What falls due is done."""
    queue_sweeps.sweep()
