"""A worker as it is set up for most, and a call it is sent to. A module that needs another has its own."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from calls.models import Call
from calls.states import AIState, CallState
from queueing.models import Faq
from tests.cast import make_call, make_department
from tests.voicebot.stack import VoiceStack, voice_stack


@pytest.fixture(scope="module")
def stack(django_db_setup, django_db_blocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VoiceStack]:
    with (
        django_db_blocker.unblock(),
        voice_stack(tmp_path_factory.mktemp("voice"), REDIS_URL=settings.REDIS_URL) as running,
    ):
        yield running


@pytest.fixture
def call(transactional_db: None, celery_calls: object) -> Call:
    support = make_department("support", is_default=True)
    make_department("billing")
    Faq.objects.create(
        department=support,
        questions_en="what are your opening hours",
        questions_ar="ما هي ساعات العمل",
        answer_en="We are open from nine to five.",
        answer_ar="نعمل من التاسعة إلى الخامسة.",
    )
    return make_call(state=CallState.CREATED, ai_state=AIState.DISPATCHED, ai_epoch=1)
