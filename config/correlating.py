"""The id of a request or task: taken over or made, kept while it lasts, handed on."""

from collections.abc import Callable
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.http import HttpRequest, HttpResponse
from django.utils.log import log_response

from approvals import correlation, tracing

TASK_HEADER = "countersign_correlation"
Respond = Callable[[HttpRequest], HttpResponse]


def correlating(get_response: Respond) -> Respond:
    """Middleware, the outermost: what is said while the request is answered carries its id, and so does the answer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with correlation.within(correlation.of_request(request.headers)) as correlation_id:
            with tracing.span(f"{request.method} {request.path}", parent=request.headers.get("traceparent"),
                              kind="SERVER", correlation_id=correlation_id) as span:  # fmt: skip
                response = get_response(request)
                if span is not None:
                    span.set_attribute("http.response.status_code", response.status_code)
            response.headers[correlation.HEADER] = correlation_id
            if response.status_code >= 400:
                # Django says it after the last middleware, where the id is gone; it says it once.
                log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
            return response

    return middleware


@before_task_publish.connect(dispatch_uid="countersign.correlation")
def hand_on(headers: dict[str, Any], **_: Any) -> None:
    if correlation_id := correlation.current():
        headers.setdefault(TASK_HEADER, correlation_id)


@task_prerun.connect(dispatch_uid="countersign.correlation")
def take_over(task: Any, **_: Any) -> None:
    """What beat wakes has no id yet."""
    # A worker finds headers among the fields of the request; a task that is called at once, in a field of their own.
    handed_on = task.request.get(TASK_HEADER) or (task.request.headers or {}).get(TASK_HEADER)
    kept = correlation.within(handed_on or correlation.fresh())
    kept.__enter__()
    task.request.countersign_kept = kept


@task_postrun.connect(dispatch_uid="countersign.correlation")
def let_go(task: Any, **_: Any) -> None:
    if kept := task.request.get("countersign_kept"):
        kept.__exit__(None, None, None)
