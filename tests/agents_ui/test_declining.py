"""Declining with a reason: what the desk offers, what is kept, who may change the reasons."""

import pytest
from django.contrib.auth.models import User

from queueing.models import Agent, DeclineReason, Department, Offer
from tests.agents_ui.test_pages import page
from tests.cast import signed_in
from tests.queueing.helpers import Browser, fresh, ringing, waiting_call


def test_the_desk_offers_the_installations_own_reasons_each_with_a_key(alice: Agent) -> None:
    DeclineReason.objects.all().delete()
    DeclineReason.objects.create(slug="lunch", name_en="Going to lunch", name_ar="ذاهب للغداء", order=1)
    DeclineReason.objects.create(slug="old", name_en="Retired", is_active=False)
    html = page(alice.user)
    assert '<button type="button" value="lunch" data-digit="1"><bdi>Going to lunch</bdi>' in html
    assert "Retired" not in html
    assert "ذاهب للغداء" in page(alice.user, "/desk/?lang=ar")


def test_without_reasons_there_is_only_the_button(alice: Agent) -> None:
    DeclineReason.objects.update(is_active=False)
    html = page(alice.user)
    assert 'data-testid="decline"' in html
    assert "decline-reasons" not in html


def test_a_tenth_reason_is_pressed_without_a_key(alice: Agent) -> None:
    DeclineReason.objects.all().delete()
    for number in range(1, 11):
        DeclineReason.objects.create(slug=f"r{number}", name_en=f"Reason {number}", order=number)
    html = page(alice.user)
    assert 'value="r9" data-digit="9"' in html
    assert 'value="r10"><bdi>' in html


@pytest.mark.parametrize("reason", ["busy", ""])
def test_the_reason_is_kept_with_the_offer(alice: Agent, support: Department, reason: str) -> None:
    waiting_call(support)
    offer = ringing(alice)
    Browser(user=alice.user).post(f"/api/offers/{offer.pk}/decline", {"reason": reason} if reason else {})
    declined: Offer = fresh(offer)
    assert (declined.state, declined.reason) == ("declined", reason)


@pytest.mark.parametrize(("language", "words"), [("en", "Busy with other work"), ("ar", "مشغول بعمل آخر")])
def test_a_supervisor_reads_the_reason_by_its_name(
    alice: Agent, support: Department, sam: User, language: str, words: str
) -> None:
    names = {"name_en": "Busy with other work", "name_ar": "مشغول بعمل آخر", "is_active": False}
    DeclineReason.objects.update_or_create(slug="busy", defaults=names)
    entry = waiting_call(support)
    Browser(user=alice.user).post(f"/api/offers/{ringing(alice).pk}/decline", {"reason": "busy"})
    client = signed_in(sam)
    client.cookies["django_language"] = language
    html = client.get(f"/admin/calls/call/{entry.call_id}/change/").content.decode()
    # In the history, and beside the offer.
    assert html.count(words) == 2


def test_a_reason_of_an_outside_program_is_shown_as_it_is(alice: Agent, support: Department, sam: User) -> None:
    entry = waiting_call(support)
    Browser(user=alice.user).post(f"/api/offers/{ringing(alice).pk}/decline", {"reason": "robot on fire"})
    html = signed_in(sam).get(f"/admin/calls/call/{entry.call_id}/change/").content.decode()
    assert html.count("robot on fire") == 2


def test_supervisors_keep_the_reasons(sam: User) -> None:
    assert signed_in(sam).get("/admin/queueing/declinereason/").status_code == 200
