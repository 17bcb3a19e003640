"""The HTTP API put together: routers, limits, the one shape of errors."""

from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import HttpError, Throttled, ValidationError
from ninja.throttling import SimpleRateThrottle
from redis.exceptions import RedisError

from calls.access import Kind, Principal
from calls.api import health_router
from calls.api import router as calls_router
from calls.middleware import error_response
from calls.telephony import TelephonyError
from common.errors import ApiError, Invalid, Malformed, NotFound, RateLimited, TooLarge, Unavailable
from queueing.api import router as queueing_router
from voicebot.api import router as voicebot_router

logger = structlog.get_logger(__name__)


class PublicThrottle(SimpleRateThrottle):
    """RATE_LIMIT_PUBLIC for each address that shows no credential."""

    scope = "public"

    def get_cache_key(self, request: HttpRequest) -> str | None:
        """The address's key; None (no limit) for a known principal."""
        principal: Principal | None = getattr(request, "auth", None)
        if principal is None or principal.kind is not Kind.PUBLIC:
            return None
        return f"throttle:public:{self.get_ident(request)}"

    def allow_request(self, request: HttpRequest) -> bool:
        """Whether the request is within the limit. Without Redis nobody is turned away: calls matter more."""
        try:
            return bool(super().allow_request(request))
        except RedisError as error:
            logger.warning("rate limit not checked", error=repr(error))
            return True


limiter = PublicThrottle(settings.RATE_LIMIT_PUBLIC)

api = NinjaAPI(
    title="Open call centre",
    version=settings.VERSION,
    description='Calls, queue and agents. Errors are `{"error": {"code", "message", "fields"?}}`.',
    docs_url="/api/docs",
    openapi_url="/api/openapi.json",
    throttle=[limiter],
)
api.add_router("", health_router, throttle=[])
api.add_router("/api", calls_router)
api.add_router("/api", queueing_router)
api.add_router("/api", voicebot_router)


@api.exception_handler(ApiError)
def on_api_error(request: HttpRequest, error: ApiError) -> HttpResponse:
    """An expected failure."""
    return error_response(error)


@api.exception_handler(ValidationError)
def on_validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Readable, but not acceptable: which field, and why."""
    fields = {_field(item["loc"]): str(item["msg"]) for item in error.errors}
    return error_response(Invalid("The request is not valid.", fields=fields))


def _field(location: Any) -> str:
    # The first parts are ninja's own: where it looked (`body`) and the parameter's name.
    names = [str(part) for part in location]
    return ".".join(names[2:] or names[1:] or names)


@api.exception_handler(Throttled)
def on_throttled(request: HttpRequest, error: Throttled) -> HttpResponse:
    """Asked too often."""
    return error_response(RateLimited("Too many requests.", retry_after=max(1, int(error.wait or 1))))


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What ninja itself refuses; in practice a body that is not JSON."""
    shaped = Malformed(error.message)
    shaped.status = error.status_code
    return error_response(shaped)


@api.exception_handler(RequestDataTooBig)
def on_too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    """A body that did not announce its length."""
    return error_response(TooLarge("The request is too large."))


@api.exception_handler(MultiPartParserError)
@api.exception_handler(SuspiciousOperation)
def on_unreadable_form(request: HttpRequest, error: Exception) -> HttpResponse:
    """A form that is none, or one with too many fields or files."""
    return error_response(Malformed("The form could not be read."))


@api.exception_handler(RecursionError)
def on_recursion(request: HttpRequest, error: RecursionError) -> HttpResponse:
    """JSON nested too deeply to be meant."""
    return error_response(Malformed("The JSON is nested too deeply."))


@api.exception_handler(Http404)
def on_missing(request: HttpRequest, error: Http404) -> HttpResponse:
    """No such thing."""
    return error_response(NotFound("No such thing."))


@api.exception_handler(OperationalError)
@api.exception_handler(RedisError)
@api.exception_handler(TelephonyError)
def on_dependency_down(request: HttpRequest, error: Exception) -> HttpResponse:
    """The database, Redis or LiveKit does not answer."""
    logger.exception("a dependency is down", path=request.path)
    return error_response(Unavailable("Something this needs is down; try again.", retry_after=2))


@api.exception_handler(Exception)
def on_unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    """A defect of ours: logged whole, told without detail."""
    logger.exception("request failed", path=request.path)
    shaped = ApiError("Something went wrong on our side.", code="internal")
    shaped.status = 500
    return error_response(shaped)
