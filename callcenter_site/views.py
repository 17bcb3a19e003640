"""Views that belong to the whole site."""

import ipaddress

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_prometheus.exports import ExportToDjangoView

from calls.access import Kind, from_bearer
from calls.middleware import error_response, is_api
from common.errors import ApiError, Forbidden


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django refused a form: the API's shape there, a page elsewhere."""
    if is_api(request.path):
        return error_response(Forbidden("The X-CSRFToken header is missing or wrong.", code="csrf_failed"))
    return render(request, "403_csrf.html", status=403)


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus: for this machine itself, or a key of scope `metrics`."""
    try:
        _admit_scraper(request)
    except ApiError as error:
        return error_response(error)
    response: HttpResponse = ExportToDjangoView(request)
    return response


def _admit_scraper(request: HttpRequest) -> None:
    header = request.headers.get("Authorization")
    if header is not None:
        principal = from_bearer(header)
        if principal.kind is Kind.KEY and "metrics" in principal.scopes:
            return
    # Behind a proxy every request comes from loopback, so a forwarded one does not count as such.
    elif "X-Forwarded-For" not in request.headers and ipaddress.ip_address(request.META["REMOTE_ADDR"]).is_loopback:
        return
    raise Forbidden("The metrics need an API key of scope metrics.")
