"""`seed_demo` makes what is missing and leaves alone what is there."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from queueing.models import Agent, Department, Disposition, Faq, Membership

pytestmark = pytest.mark.django_db


def seed() -> str:
    """What it prints."""
    out = StringIO()
    call_command("seed_demo", stdout=out)
    return out.getvalue()


def served(username: str) -> list[str]:
    return list(Membership.objects.filter(agent__user__username=username).values_list("department__slug", flat=True))


def test_the_contract_s_departments_agents_and_logins_are_there() -> None:
    printed = seed()
    assert set(Department.objects.values_list("slug", flat=True)) == {"support", "sales", "billing"}
    assert Department.objects.get(is_default=True).slug == "support"
    assert served("agent_a") == ["support", "billing"]
    assert served("agent_b") == ["support", "sales"]
    assert set(Department.objects.values_list("offer_seconds", "wrap_up_seconds", "grace_seconds")) == {(20, 30, 30)}
    for username, group in (
        ("agent_a", "agent"),
        ("agent_b", "agent"),
        ("supervisor", "supervisor"),
        ("admin", "admin"),
    ):
        user = User.objects.get(username=username)
        assert user.check_password("tests-only-password")
        assert group in user.groups.values_list("name", flat=True)
        assert username in printed
    assert "tests-only-password" in printed
    assert User.objects.get(username="supervisor").is_staff
    assert not User.objects.get(username="agent_a").is_staff


def test_a_second_time_changes_nothing_that_was_edited_and_prints_the_logins_again() -> None:
    first = seed()
    Department.objects.filter(slug="sales").update(offer_seconds=60, name_en="Shop")
    Department.objects.filter(slug="support").update(is_default=False)
    Department.objects.filter(slug="billing").update(is_default=True)
    Faq.objects.filter(department__slug="support").delete()
    Membership.objects.filter(agent__user__username="agent_b").delete()
    Agent.objects.update(auto_answer=True)
    Disposition.objects.filter(slug="sale").delete()
    assert seed() == first
    assert Department.objects.get(slug="sales").offer_seconds == 60
    assert Department.objects.get(is_default=True).slug == "billing"
    assert not Faq.objects.filter(department__slug="support").exists()
    assert served("agent_b") == []
    assert not Disposition.objects.filter(slug="sale").exists()
    assert Agent.objects.filter(auto_answer=True).count() == 2


def test_another_demo_password_replaces_the_last_one(settings: Any) -> None:
    seed()
    settings.DEMO_PASSWORD = "another-password"
    assert "another-password" in seed()
    assert User.objects.get(username="agent_a").check_password("another-password")


def test_a_password_somebody_chose_is_kept_and_told_apart(settings: Any) -> None:
    seed()
    user = User.objects.get(username="supervisor")
    user.set_password("my own words")
    user.save()
    settings.DEMO_PASSWORD = "another-password"
    printed = seed()
    assert User.objects.get(username="supervisor").check_password("my own words")
    assert [line.split()[0] for line in printed.splitlines() if "was changed" in line] == ["supervisor"]


def test_the_receptionist_answers_every_wording_of_every_question() -> None:
    from voicebot.receptionist.facts import CallFacts, DepartmentFacts
    from voicebot.receptionist.facts import Faq as Known
    from voicebot.receptionist.rules import respond

    def lines(text: str) -> tuple[str, ...]:
        return tuple(text.splitlines())

    seed()
    departments = tuple(
        DepartmentFacts(
            slug=row.slug,
            name={"en": row.name_en, "ar": row.name_ar},
            is_default=row.is_default,
            synonyms=lines(row.synonyms),
            faqs=tuple(
                Known(
                    {"en": lines(faq.questions_en), "ar": lines(faq.questions_ar)},
                    {"en": faq.answer_en, "ar": faq.answer_ar},
                )
                for faq in row.faqs.all()
            ),
        )
        for row in Department.objects.all()
    )
    for language in ("en", "ar"):
        facts = CallFacts("x", "Demo", language, departments=departments, department="support")
        for faq in (faq for department in departments for faq in department.faqs):
            for wording in faq.questions[language]:
                assert faq.answer[language] in respond(facts, (), wording, typed=True).say, wording
