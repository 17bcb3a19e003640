"""Departments, agents at their desks and callers in line, put into the database in bulk."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import connection

from calls.models import Call
from calls.states import CallState
from common import clock
from common.ids import random_id
from queueing.models import Agent, Department, Membership, QueueEntry
from queueing.states import Activity, Presence

_LEASE = timedelta(hours=8)


def empty() -> None:
    """Nobody and nothing, what the migrations made excepted."""
    kept = {"django_migrations", "django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}
    names = sorted(set(connection.introspection.django_table_names(only_existing=True)) - kept)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE")
        else:
            cursor.execute("PRAGMA foreign_keys = OFF")
            for name in names:
                cursor.execute(f"DELETE FROM {name}")
            cursor.execute("PRAGMA foreign_keys = ON")


def departments(count: int) -> list[Department]:
    """`line0`, `line1`, …; the first is the default one."""
    rows = [
        Department(slug=f"line{n}", name_en=f"Line {n}", is_default=n == 0, max_wait_seconds=0) for n in range(count)
    ]
    return Department.objects.bulk_create(rows)


def agents(
    count: int, lines: list[Department], *, each: int = 1, presence: Presence = Presence.AVAILABLE
) -> list[Agent]:
    """Agents with an open desk, each in `each` of the departments, dealt out in turn."""
    now = clock.now()
    users = User.objects.bulk_create(User(username=f"agent{n}", is_staff=True) for n in range(count))
    made = Agent.objects.bulk_create(
        Agent(
            user=user,
            presence=presence,
            activity=Activity.IDLE,
            idle_since=now - timedelta(seconds=count - n),
            lease_until=now + _LEASE,
        )
        for n, user in enumerate(users)
    )
    Membership.objects.bulk_create(
        Membership(agent=agent, department=lines[(n + m) % len(lines)])
        for n, agent in enumerate(made)
        for m in range(each)
    )
    return made


def callers(count: int, lines: list[Department]) -> list[QueueEntry]:
    """Waiting callers, dealt out in turn, a second apart."""
    now = clock.now()
    calls = Call.objects.bulk_create(_call(n, lines[n % len(lines)], now) for n in range(count))
    return QueueEntry.objects.bulk_create(
        QueueEntry(call=call, department=lines[n % len(lines)], enqueued_at=now - timedelta(seconds=count - n))
        for n, call in enumerate(calls)
    )


def _call(number: int, department: Department, now: datetime) -> Call:
    pk = random_id()
    return Call(
        pk=pk,
        room_name=f"callcenter-{pk}",
        state=CallState.WAITING,
        customer_name=f"Caller {number}",
        customer_email=f"caller{number}@example.test",
        department=department.slug,
        summary="Wants to know where the order is.",
        created_at=now,
    )


def analyse() -> None:
    """As a server that has run for a while knows its tables."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
