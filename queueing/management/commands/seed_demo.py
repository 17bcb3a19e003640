"""Departments, agents and logins to try the product with."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import get_hasher, make_password
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils.crypto import salted_hmac

from calls.models import Company
from queueing.models import Agent, Department, Disposition, Faq
from queueing.services import staff
from queueing.signals import demo_seeded

DATA = Path(__file__).resolve().parents[2] / "demo"
DEPARTMENTS = ("support", "sales", "billing")
AGENTS = {"agent_a": ("Amal", ("support", "billing")), "agent_b": ("Basim", ("support", "sales"))}
SECONDS = {"offer_seconds": 20, "wrap_up_seconds": 30, "grace_seconds": 30}
# How the salt of a password set here begins, until a person sets another: only such a one follows DEMO_PASSWORD.
_SEEDED = "demo"


class Command(BaseCommand):
    """`seed_demo`: makes what is missing, leaves alone what is there, prints the logins."""

    # They load every page and the API: this runs at each start, and `make check` checks.
    requires_system_checks = ()
    help = "Make the demo's departments, agents and logins; what exists stays as it was edited."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Seed and print."""
        staff.ensure_groups()
        Company.objects.get_or_create(pk=1)
        for slug in DEPARTMENTS:
            _department(slug)
        _dispositions()
        for username, (name, slugs) in AGENTS.items():
            _agent(username, name, slugs)
        _login("supervisor", staff.SUPERVISOR, is_staff=True)
        _login("admin", staff.ADMIN, is_staff=True, is_superuser=True)
        demo_seeded.send(Command)
        self._print_logins()

    def _print_logins(self) -> None:
        self.stdout.write(f"Demo logins, password {settings.DEMO_PASSWORD}")
        for username, what in _described():
            user = User.objects.get(username=username)
            changed = "" if _has_demo_password(user) else "  (the password was changed)"
            self.stdout.write(f"  {username:<11} {what}{changed}")


def _described() -> list[tuple[str, str]]:
    agents = [(username, f"agent: {', '.join(slugs)}") for username, (_, slugs) in AGENTS.items()]
    return [*agents, ("supervisor", "supervisor: desk, wallboard, history"), ("admin", "administrator: everything")]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


def _department(slug: str) -> None:
    data = _read(slug)
    faqs = data.pop("faqs")
    # One default there is at most, and an edited set-up may have another.
    data["is_default"] = data["is_default"] and not Department.objects.filter(is_default=True).exists()
    department, made = Department.objects.get_or_create(slug=slug, defaults={**_stripped(data), **SECONDS})
    if made:
        for order, faq in enumerate(faqs):
            Faq.objects.create(department=department, order=order, **_stripped(faq))


def _stripped(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}


def _dispositions() -> None:
    # Only into an empty table: one that was deleted stays deleted.
    if not Disposition.objects.exists():
        for order, data in enumerate(_read("dispositions")["dispositions"]):
            Disposition.objects.create(order=order, **data)


def _agent(username: str, name: str, slugs: tuple[str, ...]) -> None:
    user = _login(username, staff.AGENT)
    if not Agent.objects.filter(user=user).exists():
        departments = {row.slug: row for row in Department.objects.filter(slug__in=slugs)}
        staff.make_agent(user, display_name=name, departments=[departments[slug] for slug in slugs])


def _login(username: str, group: str, **flags: bool) -> User:
    user, made = User.objects.get_or_create(username=username, defaults=flags)
    if made:
        user.groups.add(Group.objects.get(name=group))
    if made or (_salt(user).startswith(_SEEDED) and not _has_demo_password(user)):
        user.password = _hash(settings.DEMO_PASSWORD)
        user.save(update_fields=["password"])
    return user


def _salt(user: User) -> str:
    hasher = get_hasher(user.password.partition("$")[0]) if user.has_usable_password() else None
    return str(hasher.decode(user.password)["salt"]) if hasher else ""


def _has_demo_password(user: User) -> bool:
    """Told by the salt, which is made from the password: trying it out takes a second a login, at every start."""
    return _salt(user) == _seeded_salt()


def _seeded_salt() -> str:
    # Whoever can read the key can read the demo's password beside it.
    return _SEEDED + salted_hmac("queueing.seed_demo", settings.DEMO_PASSWORD).hexdigest()[:32]


@cache
def _hash(password: str) -> str:
    return make_password(password, salt=_seeded_salt())
