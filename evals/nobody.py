"""A channel layer nobody listens to."""

from typing import Any


class Nobody:
    """What is sent is dropped."""

    def __init__(self, **_: Any) -> None:
        """Whatever the settings say."""

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Dropped."""

    async def groups_send(self, *_: Any) -> None:
        """Dropped."""
