"""Carol calls Acme, which has three departments and a few frequent questions."""

from typing import Any

from voicebot.receptionist.chat import Decision, Message
from voicebot.receptionist.facts import CallFacts, DepartmentFacts, Faq
from voicebot.receptionist.rules import respond

HOURS = Faq(
    {"en": ("What are your opening hours?", "When are you open?"), "ar": ("ما هي ساعات العمل؟", "متى تفتحون؟")},
    {"en": "We are open from nine to five.", "ar": "نعمل من التاسعة حتى الخامسة."},
)
PASSWORD = Faq(
    {"en": ("How do I reset my password?", "I forgot my password"), "ar": ("كيف أعيد تعيين كلمة المرور؟",)},
    {"en": "Use the link on the login page.", "ar": "استخدم الرابط في صفحة الدخول."},
)
PAYMENT = Faq(
    {"en": ("Which payment methods do you accept?",), "ar": ("ما هي طرق الدفع المتاحة؟",)},
    {"en": "We accept cards and bank transfer.", "ar": "نقبل البطاقات والتحويل البنكي."},
)
SUPPORT = DepartmentFacts(
    "support",
    {"en": "Support", "ar": "الدعم الفني"},
    {"en": "Technical help."},
    faqs=(HOURS, PASSWORD),
    is_default=True,
)
SALES = DepartmentFacts("sales", {"en": "Sales", "ar": "المبيعات"})
BILLING = DepartmentFacts("billing", {"en": "Billing", "ar": "الفواتير"}, faqs=(PAYMENT,))
RETURNS = DepartmentFacts("returns", {"en": "Returns desk", "ar": "قسم المرتجعات"}, synonyms=("send it back",))


def carol(language: str = "en", **changes: Any) -> CallFacts:
    """The call of Carol, changed as given."""
    known = {"call_id": "call1", "company": "Acme", "language": language, "departments": (SUPPORT, SALES, BILLING)}
    return CallFacts(**(known | changes))


def talk(facts: CallFacts, *texts: str, typed: bool = True) -> list[Decision]:
    """The receptionist's decisions on the texts, each heard with what was said before."""
    history: list[Message] = []
    decisions = []
    for text in texts:
        decision = respond(facts, history, text, typed=typed)
        decisions.append(decision)
        history += [Message("user", text), Message("assistant", decision.say)]
    return decisions


def last(facts: CallFacts, *texts: str, typed: bool = True) -> Decision:
    """The decision on the last of the texts."""
    return talk(facts, *texts, typed=typed)[-1]
