"""The published API. Each room brings its own router; refusals all read the same way: a list of sentences."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import page_not_found
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from approvals.api import router as approvals_router
from inventory.checking.api import router as checking_router
from inventory.counting.api import router as counting_router
from inventory.orders.api import router as orders_router
from inventory.wms.api import router as wms_router
from quotes.api import router as quotes_router

NOT_JSON = "The body cannot be read as JSON. Send one JSON object with Content-Type: application/json."

api = NinjaAPI(
    title="Countersign",
    version="1.0.0",
    description="Counts in, decisions, variances; orders placed, fulfilled and cancelled; quotes drafted and read. "
    "Programs authenticate with a person's `X-Edit-Token` (issued in the admin under Edit tokens). Every refusal lists "
    "all problems at once.",
    docs_url="docs",
)
api.add_router("", approvals_router)
api.add_router("", counting_router)
api.add_router("", wms_router)
api.add_router("", checking_router)
api.add_router("", orders_router)
api.add_router("", quotes_router)


@api.exception_handler(ValidationError)
def bad_input(request: HttpRequest, error: ValidationError) -> HttpResponse:
    problems = [f"{_place(problem['loc'])}: {_reason(problem['msg'])}." for problem in error.errors]
    return api.create_response(request, {"problems": problems}, status=422)


def _place(location: tuple[str | int, ...]) -> str:
    """('body', 'given', 'counts', 3, 'counted') -> counts[3].counted"""
    text = ""
    for part in location[2:] if location[:1] == ("body",) else location[1:]:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or "body"


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")


@api.exception_handler(AuthenticationError)
def not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    problem = "Send the header X-Edit-Token with a valid token; issue one in the admin under Edit tokens."
    return api.create_response(request, {"problems": [problem]}, status=401)


@api.exception_handler(HttpError)
def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    problem = NOT_JSON if error.status_code == 400 else str(error)
    return api.create_response(request, {"problems": [problem]}, status=error.status_code)


@api.exception_handler(RequestDataTooBig)
def too_long(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    problem = "The body is longer than 5 MB. Send it in several parts: a count zone by zone."
    return api.create_response(request, {"problems": [problem]}, status=413)


def nothing_there(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address nobody serves. Programs are answered as everywhere else in the API, people with a page."""
    if request.path.startswith("/api/"):
        problem = "There is nothing at this address. What there is: /api/docs."
        return JsonResponse({"problems": [problem]}, status=404)
    return page_not_found(request, exception)
