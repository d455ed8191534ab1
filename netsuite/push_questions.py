"""What each decision about a push asks a person before it is carried out, and the sentence after it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest

from approvals.admin.confirming import Input, Question
from netsuite import decisions
from netsuite.conflicts import both_sides, held_in_netsuite, origin_of
from netsuite.models import Push, PushDecision
from netsuite.queue import PushRefused

Kind = PushDecision.Kind
NEW_DATE, SEEN = "tran_date", "seen"


@dataclass(frozen=True)
class _Wording:
    title: str
    button: str
    done: str
    """With the external id in front."""
    consequences: Callable[[Push], Sequence[str]]
    decide: Callable[..., Push]
    inputs: Callable[[Push, HttpRequest], Sequence[Input]] = lambda push, request: ()
    given: Callable[[HttpRequest], dict[str, Any]] = lambda request: {}
    is_dangerous: bool = False


def question(kind: Kind, push: Push, request: HttpRequest) -> Question:
    wording = WORDINGS[kind]

    def carry_out(reason: str) -> str:
        wording.decide(push=push, by=request.user, reason=reason, **wording.given(request))
        return f"{push.external_id} {wording.done}"

    return Question(
        title=wording.title.format(push.external_id),
        consequences=[push.label, *(said for said in wording.consequences(push) if said)],
        button=wording.button,
        carry_out=carry_out,
        asks_reason=True,
        inputs=wording.inputs(push, request),
        is_dangerous=wording.is_dangerous,
    )


def _of_retry(push: Push) -> list[str]:
    fate = "It was sent before, so NetSuite is asked first whether it is there: it cannot be recorded twice."
    return [push.last_outcome, fate if push.sent_at else "It gets three fresh attempts."]


def _of_cancel(push: Push) -> list[str]:
    return [
        "It will never be sent. Our stock keeps the adjustment, so NetSuite will differ by these "
        f"{push.line_count} lines until somebody enters them there."
    ]


def _of_redate(push: Push) -> list[str]:
    return [
        push.last_outcome,
        f"Its date is {push.payload.get('tranDate', 'not given')}. With another date it becomes another record, under "
        "the same external id; what it was before is kept with your decision.",
        "NetSuite is asked first: if it holds anything under this external id, nothing is sent and a person decides.",
    ]


def _of_accept(push: Push) -> list[str]:
    return [
        *_differences(push),
        "NetSuite's record stands and this push counts as confirmed; nothing is sent. Our stock keeps its figures: "
        "where NetSuite's differ, correct the stock by a count.",
    ]


def _of_corrected(push: Push) -> list[str]:
    return [
        *_differences(push),
        "Correct or delete the record in NetSuite first. Then it is looked up: a record with our hash, lines and "
        "quantity is confirmed, no record at all lets ours be sent, anything else is a conflict again.",
    ]


def _differences(push: Push) -> list[str]:
    held = held_in_netsuite(push)
    if held is None:
        return [push.last_outcome]
    rows = both_sides(push, held)
    return [
        f"NetSuite holds {held.name}.",
        *(f"{row.title}: ours {row.ours}, NetSuite's {row.theirs}." for row in rows if row.differs),
        origin_of(push, held),
    ]


def _date_input(push: Push, request: HttpRequest) -> list[Input]:
    return [Input(NEW_DATE, "date", request.POST.get(NEW_DATE, ""), "New transaction date")]


def _given_date(request: HttpRequest) -> dict[str, Any]:
    try:
        return {NEW_DATE: date.fromisoformat(request.POST.get(NEW_DATE, ""))}
    except ValueError:
        raise PushRefused("Give the new transaction date as year, month and day, for example 2026-11-30.") from None


def _seen_input(push: Push, request: HttpRequest) -> list[Input]:
    held = held_in_netsuite(push)
    return [Input(SEEN, "hidden", str(held.number if held else 0))]


def _given_seen(request: HttpRequest) -> dict[str, Any]:
    seen = request.POST.get(SEEN, "")
    return {SEEN: int(seen) if seen.isascii() and seen.isdigit() else 0}


WORDINGS: dict[Kind, _Wording] = {
    Kind.RETRY: _Wording("Retry {}?", "Retry", "will be tried again.", _of_retry, decisions.retry_push),
    Kind.CANCEL: _Wording(
        "Cancel {}?", "Cancel the push", "is cancelled.", _of_cancel, decisions.cancel_push, is_dangerous=True
    ),
    Kind.REDATE: _Wording(
        "Give {} another date?",
        "Re-date",
        "has its new date and is looked up before it is sent.",
        _of_redate,
        decisions.redate_push,
        _date_input,
        _given_date,
    ),
    Kind.ACCEPT: _Wording(
        "Take NetSuite's record for {} as right?",
        "NetSuite's is right",
        "counts as confirmed by what NetSuite holds.",
        _of_accept,
        decisions.accept_netsuites,
        _seen_input,
        _given_seen,
    ),
    Kind.CORRECTED: _Wording(
        "Look {} up again, now that NetSuite was corrected?",
        "Look up again",
        "is looked up again.",
        _of_corrected,
        decisions.look_up_corrected,
    ),
}
