"""What requests carry. Strict: a number is no text, a text is no number."""

from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, EmailStr, Field, StringConstraints, model_validator

RoomName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]
Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,50}$")]
LanguageCode = Literal["en", "ar"]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000)]

__all__ = [
    "Body",
    "DispatchBody",
    "EmailStr",
    "Empty",
    "FeedbackBody",
    "LanguageCode",
    "LongText",
    "Name",
    "RoomName",
    "Slug",
]


def _check_text(value: Any) -> None:
    """ValueError for what neither PostgreSQL nor UTF-8 can hold, at any depth."""
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
            raise ValueError("text must not contain NUL or lone surrogates")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_text(key)
            _check_text(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_text(inner)


class Body(Schema):
    """Base of every request body."""

    model_config = ConfigDict(strict=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def storable_text(cls, data: Any) -> Any:
        """Refuse what could not be stored."""
        # ninja hands the parsed JSON over inside its attribute getter.
        _check_text(getattr(data, "_obj", data))
        return data


class Empty(Body):
    """A body without content."""


class DispatchBody(Body):
    """POST /api/dispatch-agent."""

    room_name: RoomName
    user_name: Name = "Customer"
    language: LanguageCode | None = None


class FeedbackBody(Body):
    """POST /api/calls/{call_id}/feedback."""

    rating: int = Field(ge=1, le=5)
    nps: int | None = Field(default=None, ge=0, le=10)
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)] = ""
