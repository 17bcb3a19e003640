"""Rows the gateway's tests need."""

from typing import Any

from calls.models import Call
from queueing.models import Department, Faq
from tests.cast import make_call, make_department


def company() -> tuple[Department, Department]:
    """support (default, with a frequent question) and billing."""
    support = make_department("support", is_default=True, name_en="Support", name_ar="الدعم الفني")
    billing = make_department("billing", name_en="Billing", name_ar="الفواتير", synonyms="money\nفلوس")
    Faq.objects.create(
        department=support,
        questions_en="What are your opening hours?\nWhen are you open?",
        answer_en="We are open from nine to five.",
        questions_ar="متى تفتحون؟",
        answer_ar="نعمل من التاسعة حتى الخامسة.",
    )
    return support, billing


def live_call(**values: Any) -> Call:
    """carol's call with the AI in the room."""
    company()
    return make_call(**{"ai_state": "live", "ai_epoch": 1, "customer_email": "carol@example.com", **values})
