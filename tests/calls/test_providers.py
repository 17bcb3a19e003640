"""Which providers rest: kept for all calls, exported for whoever is woken at night."""

from datetime import timedelta

from prometheus_client import CollectorRegistry, generate_latest

from calls.provider_figures import ProviderCollector
from calls.services import providers
from common import clock


def test_a_provider_rests_for_its_time_and_is_back_afterwards(db) -> None:
    providers.tell("stt", "openai/whisper-1", seconds=15, error="TimeoutError()")
    [(part, provider, left)] = providers.resting()
    assert (part, provider) == ("stt", "openai/whisper-1")
    assert 14 < left <= 15
    with clock.frozen(clock.now() + timedelta(seconds=16)):
        assert [left for *_, left in providers.resting()] == [0.0]


def test_prometheus_sees_who_rests_and_who_is_back(db) -> None:
    providers.tell("llm", "openai/gpt", seconds=15, error="")
    providers.tell("tts", "elevenlabs/turbo", seconds=60, error="")
    providers.tell("tts", "elevenlabs/turbo", seconds=0, error="")
    registry = CollectorRegistry()
    registry.register(ProviderCollector())
    text = generate_latest(registry).decode()
    assert 'callcenter_provider_resting{part="llm",provider="openai/gpt"} 1.0' in text
    assert 'callcenter_provider_resting{part="tts",provider="elevenlabs/turbo"} 0.0' in text
