"""The customer's pages: landing page, call page, video call page. They read nothing from the database themselves."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypedDict

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.clickjacking import xframe_options_exempt

from calls import page_copy, standby

View = Callable[..., HttpResponseBase]


class DepartmentOption(TypedDict):
    """One department as the call page offers it. `opens_at`: RFC 3339, None where it is open or never opens."""

    slug: str
    name_en: str
    name_ar: str
    ai_first: bool
    is_open: bool
    opens_at: str | None


DepartmentSource = Callable[[], list[DepartmentOption]]

# Departments belong to a layer above, which fills this when it is ready.
_department_sources: list[DepartmentSource] = []


def register_departments(source: DepartmentSource) -> None:
    """Have the call page offer what `source()` answers at each request, the default department first."""
    if source not in _department_sources:
        _department_sources.append(source)


def department_options() -> list[DepartmentOption]:
    """The departments a caller may choose from."""
    return [option for source in _department_sources for option in source()]


def page_language(request: HttpRequest) -> str:
    """`?lang=`, else the first of the browser's languages that we speak, else the site's."""
    asked = request.GET.get("lang", "")
    if asked in page_copy.LANGUAGES:
        return asked
    for tag, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        if tag.split("-")[0] in page_copy.LANGUAGES:
            return tag.split("-")[0]
    return str(settings.DEFAULT_LANGUAGE)


def framable(view: View) -> View:
    """Let the configured foreign origins frame the page, as they may call the API."""

    @wraps(view)
    def framed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        origins = list(settings.CORS_ALLOWED_ORIGINS)
        if not origins:
            return view(request, *args, **kwargs)
        # X-Frame-Options knows no list of origins; frame-ancestors replaces it in every browser that can call.
        opened = csp_update({"frame-ancestors": [SELF, *origins]})(xframe_options_exempt(view))
        return opened(request, *args, **kwargs)

    return framed


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    language = page_language(request)
    shared = {
        "lang": language,
        "dir": page_copy.direction(language),
        "company": settings.COMPANY_NAME,
        "switches": [_switch(request, other) for other in page_copy.LANGUAGES],
    }
    response = render(request, template, {**shared, **context})
    response["Content-Language"] = language
    response["Vary"] = "Accept-Language"
    return response


def _switch(request: HttpRequest, language: str) -> dict[str, str]:
    query = request.GET.copy()
    query["lang"] = language
    return {"code": language, "name": page_copy.LANGUAGES[language], "href": f"?{query.urlencode()}"}


def home(request: HttpRequest) -> HttpResponse:
    """`/` leads to the landing page and keeps the language asked for."""
    query = request.GET.urlencode()
    return redirect(reverse("calls:landing") + (f"?{query}" if query else ""))


def landing(request: HttpRequest) -> HttpResponse:
    """What happens when you call, and the way in."""
    options = department_options()
    language = page_language(request)
    return _page(
        request,
        "calls/landing.html",
        departments=[_named(option, language) for option in options],
        start=f"{reverse('calls:call-with-audio')}?lang={language}",
        queue=f"{reverse('calls:call-with-audio')}?lang={language}&mode=queue",
    )


@framable
def call_with_audio(request: HttpRequest) -> HttpResponse:
    """The call page. `?department=<slug>` preselects, `?mode=queue` skips the AI."""
    return _call_page(request, avatar=False)


@framable
def call_with_video(request: HttpRequest) -> HttpResponse:
    """The same call with an avatar's picture; without one configured it says so and offers the audio call."""
    if getattr(settings, "AVATAR_PROVIDER", "none") == "none":
        audio = f"{reverse('calls:call-with-audio')}?lang={page_language(request)}"
        return _page(request, "calls/no_avatar.html", audio=audio)
    return _call_page(request, avatar=True)


def _call_page(request: HttpRequest, *, avatar: bool) -> HttpResponse:
    standby.expect_callers()
    language = page_language(request)
    options = department_options()
    chosen = next((option for option in options if option["slug"] == request.GET.get("department")), None)
    # Who names no department gets the default one, the first.
    effective = chosen or (options[0] if options else None)
    queue = request.GET.get("mode") == "queue" or (effective is not None and not effective["ai_first"])
    return _page(
        request,
        "calls/call.html",
        departments=[_named(option, language) for option in options],
        chosen=chosen["slug"] if chosen else "",
        queue=queue,
        avatar=avatar,
        page_data={
            "language": language,
            "company": settings.COMPANY_NAME,
            "departments": options,
            "queueMode": request.GET.get("mode") == "queue",
            "avatar": avatar,
            "copy": {code: _spoken(code) for code in page_copy.LANGUAGES},
        },
    )


def _spoken(language: str) -> dict[str, Any]:
    """The words the call page's scripts may need; the landing page has none."""
    return {section: words for section, words in page_copy.catalogue(language).items() if section != "landing"}


def _named(option: DepartmentOption, language: str) -> dict[str, str]:
    name = option["name_ar"] if language == "ar" else option["name_en"]
    return {"slug": option["slug"], "name": name or option["name_en"] or option["slug"]}
