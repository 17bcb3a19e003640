"""Static files, answered before Django is asked."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from whitenoise.middleware import WhiteNoiseMiddleware

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# What the answer depends on, by WhiteNoise's names for it.
_ASKED: Final = {
    b"accept-encoding": "HTTP_ACCEPT_ENCODING",
    b"if-modified-since": "HTTP_IF_MODIFIED_SINCE",
    b"if-none-match": "HTTP_IF_NONE_MATCH",
    b"range": "HTTP_RANGE",
}
# What SecurityMiddleware says of every file.
_SAFE: Final = [(b"x-content-type-options", b"nosniff")]


class StaticFirst:
    """A desk loads sixty files. Through all of Django's middleware each of them took four times as long.

    The files are those WhiteNoise found as the process started. Any other address goes to `application`.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        # Empty where files are looked for at each request (DEBUG): Django's middleware does that.
        self._files = WhiteNoiseMiddleware(lambda _: None).files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        file = self._files.get(scope["path"])
        if file is None:
            return await self._application(scope, receive, send)
        asked = {_ASKED[name]: value.decode("latin-1") for name, value in scope["headers"] if name in _ASKED}
        answer = file.get_response(scope["method"], asked)
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
        body = b""
        if answer.file is not None:
            with answer.file:
                body = answer.file.read()
        await send({"type": "http.response.start", "status": int(answer.status), "headers": [*headers, *_SAFE]})
        await send({"type": "http.response.body", "body": body})
        return None
