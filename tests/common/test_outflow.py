"""What may lie unread in a socket is bounded."""

from common.consumers import Outflow


def test_so_much_may_be_sent_in_so_many_seconds_and_then_again() -> None:
    outflow = Outflow(100, 10)
    assert [outflow.spend(60, 0), outflow.spend(40, 5), outflow.spend(1, 9)] == [True, True, False]
    assert outflow.spend(60, 10)
    assert not outflow.spend(1, 14)


def test_one_message_alone_may_always_be_sent() -> None:
    assert Outflow(100, 10).spend(500, 0)
