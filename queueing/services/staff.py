"""Staff: the groups with their rights, and agents' accounts."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps as installed
from django.contrib.auth.models import Group, User
from django.db import DEFAULT_DB_ALIAS

from common.service import service
from queueing.models import Agent, Department, Membership

AGENT, SUPERVISOR, ADMIN = "agent", "supervisor", "admin"

_HISTORY = (
    "calls.view_call",
    "calls.view_customer",
    "queueing.view_callbackrequest",
    "queueing.change_callbackrequest",
    "queueing.view_supervision",
    "knowledge.view_unanswered",
    "knowledge.view_customerfact",
)
_ROWS_OF_DEPARTMENTS = ("faq", "membership", "openinghours", "specialday", "skill", "agentskill", "skillneed")
_CODES = ("disposition", "awayreason", "declinereason")
_TUNING = (
    "calls.change_customer",
    *(f"knowledge.{verb}_article" for verb in ("view", "add", "change", "delete")),
    "knowledge.change_unanswered",
    "knowledge.delete_customerfact",
    *(f"queueing.{verb}_department" for verb in ("view", "add", "change")),
    *(f"queueing.{verb}_agent" for verb in ("view", "add", "change")),
    *(f"queueing.{verb}_{what}" for what in _ROWS_OF_DEPARTMENTS for verb in ("view", "add", "change", "delete")),
    *(f"queueing.{verb}_{what}" for what in _CODES for verb in ("view", "add", "change")),
)
_ADMINISTRATION = (
    *(f"auth.{verb}_{what}" for what in ("user", "group") for verb in ("view", "add", "change", "delete")),
    *(f"calls.{verb}_apikey" for verb in ("view", "add", "change")),
    *(f"calls.{verb}_company" for verb in ("view", "change")),
    *(f"queueing.delete_{what}" for what in ("department", *_CODES)),
    "auditlog.view_logentry",
)

# Agents work at the desk, which asks for the group; the admin site is not theirs.
GROUPS: dict[str, tuple[str, ...]] = {
    AGENT: (),
    SUPERVISOR: _HISTORY + _TUNING,
    ADMIN: _HISTORY + _TUNING + _ADMINISTRATION,
}


def ensure_groups(*, apps: Any = installed, using: str = DEFAULT_DB_ALIAS) -> None:
    """Make the groups that are missing, and give each standard right once: what somebody has taken away stays away.

    `apps` may be a migration's: a table can be missing there, when it is being taken back.
    """
    try:
        groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
        given = apps.get_model("queueing", "StandardRight").objects.using(using)
    except LookupError:
        return
    for name, wanted in GROUPS.items():
        rights = _rights(permissions.objects.using(using), wanted)
        # A migrate of some apps only has not made them all yet; the next one will.
        if len(rights) == len(wanted):
            group, made = groups.objects.using(using).get_or_create(name=name)
            new = rights if made else _never_given(given, group, rights)
            group.permissions.add(*new)
            remembered = [given.model(group=group, permission=right) for right in rights]
            given.bulk_create(remembered, ignore_conflicts=True)


def _never_given(given: Any, group: Any, rights: list[Any]) -> list[Any]:
    """Rights the group has not had from us. One made before we remembered gets those on tables it knows nothing of."""
    known = set(given.filter(group=group).values_list("permission", flat=True))
    if known:
        return [right for right in rights if right.pk not in known]
    tables = set(group.permissions.values_list("content_type", flat=True))
    return [right for right in rights if right.content_type_id not in tables]


def _rights(rows: Any, wanted: tuple[str, ...]) -> list[Any]:
    found = rows.filter(codename__in=[right.partition(".")[2] for right in wanted]).select_related("content_type")
    return [row for row in found if f"{row.content_type.app_label}.{row.codename}" in wanted]


def on_migrated(sender: Any, **kwargs: Any) -> None:
    """After `migrate`, once the rights of every app exist."""
    ensure_groups(apps=kwargs.get("apps", installed), using=kwargs.get("using", DEFAULT_DB_ALIAS))


@service
def open_account(*, username: str, password: str, first_name: str = "", last_name: str = "") -> User:
    """A new account of an agent, without a desk yet (`make_agent`)."""
    user = User.objects.create_user(username, password=password, first_name=first_name, last_name=last_name)
    user.groups.add(Group.objects.get(name=AGENT))
    return user


@service
def make_agent(
    user: User, *, display_name: str = "", language: str = "", departments: Iterable[Department] = ()
) -> Agent:
    """Make the user an agent of the departments, served in their order."""
    user.groups.add(Group.objects.get(name=AGENT))
    agent = Agent.objects.create(user=user, display_name=display_name, language=language)
    for order, department in enumerate(departments):
        Membership.objects.create(agent=agent, department=department, order=order)
    return agent
