"""How quickly the AI answered: stored once, counted once, told as percentiles and as a histogram."""

from datetime import timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from calls.models import Call, Turn, TurnBucket
from calls.services.keys import create_api_key
from calls.services.turns import BOUNDS, STAGES
from calls.turn_figures import by_kind, percentiles
from common import clock
from tests.cast import add_turn

pytestmark = pytest.mark.django_db


def test_a_reply_is_measured_and_counted_once(carol: Call) -> None:
    assert add_turn(carol.pk, key="a", reply=640, llm=40)
    assert add_turn(carol.pk, key="a", reply=640, llm=40) is None
    assert Turn.objects.get().llm_ms == 40
    assert Turn.objects.get().tts_ms is None
    buckets = TurnBucket.objects.filter(stage="reply").order_by("le_ms").values_list("le_ms", "count")
    assert list(buckets) == [(le, int(le >= 640)) for le in BOUNDS]
    assert set(TurnBucket.objects.values_list("stage", flat=True)) == {"reply", "llm"}


def test_a_time_that_cannot_be_is_brought_within_bounds(carol: Call) -> None:
    turn = add_turn(carol.pk, key="a", reply=10**12, stt=-5)
    assert turn is not None
    assert (turn.reply_ms, turn.stt_ms) == (600_000, 0)


def test_percentiles_are_told_by_provider_language_and_channel(carol: Call) -> None:
    for number in range(1, 101):
        add_turn(carol.pk, key=f"v{number}", reply=number * 10, llm=number)
    add_turn(carol.pk, key="t", reply=70, channel="typed", language="ar")
    now = clock.now()
    typed, spoken = by_kind(now - timedelta(hours=1), now + timedelta(hours=1))
    assert (typed["channel"], typed["language"], typed["turns"]) == ("typed", "ar", 1)
    assert typed["reply_ms"] == {"p50": 70, "p90": 70, "p95": 70}
    assert typed["llm_ms"] is None
    assert spoken["reply_ms"] == {"p50": 500, "p90": 900, "p95": 950}
    assert spoken["llm_ms"] == {"p50": 50, "p90": 90, "p95": 95}
    assert by_kind(now + timedelta(hours=1), now + timedelta(hours=2)) == []


@given(st.lists(st.integers(0, 600_000), min_size=1))
def test_so_many_percent_are_no_longer_than_the_percentile(values: list[int]) -> None:
    found = percentiles(values)
    assert found is not None
    for share in (50, 90, 95):
        value = found[f"p{share}"]
        assert value in values
        assert sum(one <= value for one in values) * 100 >= share * len(values)
        assert sum(one < value for one in values) * 100 < share * len(values)


def test_prometheus_gets_a_histogram_of_every_stage(client: Client, carol: Call) -> None:
    add_turn(carol.pk, key="a", end_of_turn=250, stt=250, llm=250, tts=250, reply=250)
    add_turn(carol.pk, key="b", reply=700)
    text = client.get("/metrics").content.decode()
    family = next(one for one in text_string_to_metric_families(text) if one.name == "callcenter_turn_seconds")
    reply = [sample for sample in family.samples if sample.labels["stage"] == "reply"]
    buckets = {sample.labels["le"]: sample.value for sample in reply if sample.name.endswith("_bucket")}
    assert (buckets["0.2"], buckets["0.3"], buckets["0.6"], buckets["0.8"], buckets["+Inf"]) == (0, 1, 1, 2, 2)
    assert next(sample.value for sample in reply if sample.name.endswith("_sum")) == pytest.approx(0.95)
    assert next(sample.value for sample in reply if sample.name.endswith("_count")) == 2
    assert {sample.labels["stage"] for sample in family.samples} == set(STAGES)


def test_the_route_is_for_supervisors_and_metric_keys(client: Client, carol: Call) -> None:
    add_turn(carol.pk, key="a", reply=640)
    key = create_api_key(name="reports", scopes=["metrics"], user=None)[1]
    assert client.get("/api/metrics/turns").status_code == 401
    answer = client.get("/api/metrics/turns", headers={"Authorization": f"Bearer {key}"})
    assert [row["reply_ms"]["p50"] for row in answer.json()["items"]] == [640]
    query = "?start=2020-01-01T00:00:00Z&end=2020-01-02T00:00:00Z"
    assert client.get(f"/api/metrics/turns{query}", headers={"Authorization": f"Bearer {key}"}).json()["items"] == []
