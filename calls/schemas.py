"""What requests carry. Strict: a number is no text, a text is no number."""

from datetime import UTC, datetime
from typing import Annotated, Any

from django.conf import settings
from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, EmailStr, Field, StringConstraints, model_validator

RoomName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]
Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,50}$")]


def _spoken(language: str) -> str:
    if language not in settings.CALL_LANGUAGES:
        raise ValueError(f"one of {', '.join(settings.CALL_LANGUAGES)}")
    return language


LanguageCode = Annotated[str, AfterValidator(_spoken), Field(json_schema_extra={"enum": list(settings.CALL_LANGUAGES)})]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000)]


def _in_utc(moment: datetime) -> datetime:
    """ValueError for what lies outside the calendar once its offset is taken off."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]

__all__ = [
    "Body",
    "DispatchBody",
    "EmailStr",
    "Empty",
    "FeedbackBody",
    "LanguageCode",
    "LongText",
    "Moment",
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
        raw = getattr(data, "_obj", data)
        # Attributes of a list or a text would else be looked up, found missing, and the defaults taken.
        if not isinstance(raw, dict | Body):
            raise ValueError("a JSON object is expected")  # noqa: TRY004 -- pydantic reports ValueErrors only
        _check_text(raw)
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
