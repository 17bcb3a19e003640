"""Pages of the desk and the wallboard, and the story of one call."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from agents_ui import presenters, selectors, what_if
from agents_ui.access import is_supervisor
from agents_ui.history import asked as asked_history
from agents_ui.history import history as history_of
from agents_ui.texts import words
from calls.access import call_for, from_session, staff_groups
from calls.selectors import company_name
from common.errors import ApiError, Forbidden
from queueing.models import Department
from queueing.selectors import agent_for_user

View = Callable[..., HttpResponse]


def choosing_language(view: View) -> View:
    """`?lang=` decides, and is remembered; without it the cookie or the browser has decided already."""

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = request.GET.get("lang", "")
        if chosen not in dict(settings.LANGUAGES):
            return view(request, *args, **kwargs)
        translation.activate(chosen)
        request.LANGUAGE_CODE = chosen
        response = view(request, *args, **kwargs)
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, chosen, max_age=365 * 24 * 3600, samesite="Lax")
        return response

    return run


def staff_page(view: View) -> View:
    """For members of staff: others sign in, or are told that they are none."""

    @require_safe
    @never_cache
    @choosing_language
    @login_required
    @ensure_csrf_cookie
    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            staff_groups(_user(request))
        except Forbidden:
            return _forbidden(request)
        return view(request, *args, **kwargs)

    return run


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)


def _forbidden(request: HttpRequest) -> HttpResponse:
    return render(request, "agents_ui/forbidden.html", _frame(request, page="forbidden"), status=403)


def _frame(request: HttpRequest, *, page: str) -> dict[str, Any]:
    """What every page's frame shows."""
    user = _user(request)
    language = translation.get_language()
    agent = agent_for_user(user)
    return {
        "page": page,
        "t": words(language),
        "language": language,
        "other_language": "en" if language == "ar" else "ar",
        "company": company_name(),
        "display_name": agent.name if agent else user.get_full_name() or user.get_username(),
        "is_supervisor": is_supervisor(user),
    }


@staff_page
def desk(request: HttpRequest) -> HttpResponse:
    """The agent's desk; who supervises without taking calls is told so."""
    frame = _frame(request, page="desk")
    if agent_for_user(_user(request)) is None:
        return render(request, "agents_ui/no_agent.html", frame)
    names = selectors.disposition_names(frame["language"])
    return render(
        request,
        "agents_ui/desk.html",
        {
            **frame,
            "away_reasons": selectors.away_reasons(frame["language"]),
            "decline_reasons": selectors.decline_reasons(frame["language"]),
            "dispositions": [{"value": slug, "label": names[slug]} for slug in selectors.active_dispositions()],
            "config": _config(request, frame),
        },
    )


@staff_page
def history(request: HttpRequest) -> HttpResponse:
    """A department's figures by interval, for supervisors."""
    if not is_supervisor(_user(request)):
        return _forbidden(request)
    frame = _frame(request, page="history")
    departments = list(Department.objects.all())
    asked = asked_history(request.GET, departments)
    return render(
        request,
        "agents_ui/history.html",
        {
            **frame,
            **history_of(asked),
            **presenters.history_form(asked, departments, frame["language"], frame["t"]),
        },
    )


@staff_page
def wallboard(request: HttpRequest) -> HttpResponse:
    """The supervisor's wallboard."""
    if not is_supervisor(_user(request)):
        return _forbidden(request)
    frame = _frame(request, page="wallboard")
    takes_calls = agent_for_user(_user(request)) is not None
    context = {
        **frame,
        "config": _config(request, frame),
        "takes_calls": takes_calls,
        "away_reasons": selectors.away_reasons(frame["language"]),
    }
    return render(request, "agents_ui/wallboard.html", context)


@staff_page
def simulation(request: HttpRequest) -> HttpResponse:
    """A past day played with other agents. The form is a GET: it changes nothing and can be kept as a bookmark."""
    if not is_supervisor(_user(request)):
        return _forbidden(request)
    frame = _frame(request, page="simulation")
    form = what_if.form_of(request.GET.dict(), frame["language"])
    answer = what_if.answer(form, frame["t"])
    return render(request, "agents_ui/simulation.html", {**frame, "form": form, "answer": answer})


def _config(request: HttpRequest, frame: dict[str, Any]) -> dict[str, Any]:
    return presenters.desk_config(
        username=_user(request).get_username(),
        display_name=frame["display_name"],
        language=frame["language"],
        texts=frame["t"],
    )


@require_safe
@never_cache
def story(request: HttpRequest, call_id: str) -> HttpResponse:
    """A call as its agent, or one who is asked to take it, reads it. Errors in the API's shape."""
    try:
        call = call_for(from_session(request), call_id)
    except ApiError as error:
        return JsonResponse(error.body(), status=error.status)
    return JsonResponse(presenters.story(call, translation.get_language()))
