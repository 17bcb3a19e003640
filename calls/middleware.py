"""The edge of the HTTP API: size limits, and one shape for errors that never reach a route."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from common.errors import ApiError, NotFound, TooLarge

MAX_BODY = 256 * 1024
MAX_UPLOAD = 10 * 1024 * 1024 + 64 * 1024
UPLOAD_PATH = "/api/transcribe"


class MethodNotAllowed(ApiError):
    """The address is right, the method is not."""

    status = 405
    code = "method_not_allowed"


class ApiBoundary:
    """Refuses what is too large and puts Django's own 404, 405 and 400 pages into the contract's shape."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Middleware entry."""
        if not is_api(request.path):
            return self.get_response(request)
        if _announced(request) > (MAX_UPLOAD if request.path == UPLOAD_PATH else MAX_BODY):
            return error_response(TooLarge("The request is too large."))
        response = self.get_response(request)
        if response.status_code >= 400 and "json" not in response.get("Content-Type", ""):
            return _in_shape(response)
        return response


def is_api(path: str) -> bool:
    """Whether the address belongs to the HTTP API."""
    return path.startswith("/api/") or path == "/health"


def error_response(error: ApiError) -> JsonResponse:
    """The error as the contract shapes it."""
    response = JsonResponse(error.body(), status=error.status)
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response


def _announced(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0


def _in_shape(response: HttpResponse) -> HttpResponse:
    if response.status_code == 404:
        return error_response(NotFound("No such address."))
    if response.status_code == 405:
        shaped = error_response(MethodNotAllowed("This method is not allowed here."))
        if "Allow" in response:
            shaped["Allow"] = response["Allow"]
        return shaped
    error = ApiError(
        "The request could not be answered.", code="internal" if response.status_code >= 500 else "malformed"
    )
    shaped = error_response(error)
    shaped.status_code = response.status_code
    return shaped
