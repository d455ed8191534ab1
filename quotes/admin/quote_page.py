"""Everything that is known of one quote, for one page: state, story, lines, revisions. Cost only for whom it is for."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse

from approvals.admin.links import page_of
from approvals.mail.drafting import EMAIL_DRAFT
from approvals.models import JournalEntry, OutboundEmail, ProposedAction
from quotes.admin.access import sees_cost
from quotes.expiry import has_lapsed
from quotes.margin_floor import margin_floor
from quotes.models import Quote, QuoteLine
from quotes.outcomes import ANSWERABLE, ANSWERED, DRAFT, RECORD, WITHDRAWABLE
from quotes.price_updates import ENVELOPE as PRICE_UPDATES
from quotes.pricing import Margin, PriceBasis, PriceSource, summarise_margins
from quotes.redline import changes_since, key_of
from quotes.revisions import REVISABLE, last_revision, waiting_revision
from quotes.school_years import SchoolYear
from quotes.standing import master_prices, moved_prices
from quotes.telling import TAG

Status, Award = Quote.Status, QuoteLine.Award
STATUS_COLOURS = {
    Status.DRAFT: "default",
    Status.PROPOSED: "warning",
    Status.APPROVED: "info",
    Status.SENT: "info",
    Status.ACCEPTED: "success",
    Status.DECLINED: "danger",
    Status.EXPIRED: "warning",
    Status.SUPERSEDED: "default",
    Status.CANCELLED: "default",
}
AWARD_COLOURS = {Award.AWARDED: "success", Award.NOT_AWARDED: "danger", Award.PENDING: ""}
EMAIL_COLOURS = {"sent": "success", "held": "warning", "unclear": "danger", "queued": "info", "sending": "info"}
PUSH_COLOURS = {"confirmed": "success", "needs_human": "danger", "conflict": "danger", "cancelled": ""}


@dataclass(frozen=True)
class Row:
    line: QuoteLine
    basis: str
    source: str
    award_colour: str
    margin: Margin | None
    changed: str


@dataclass(frozen=True)
class Moment:
    """One point of the story; `colour` and `icon` are those of our timelines."""

    title: str
    icon: str
    colour: str
    detail: str = ""
    at: datetime | None = None
    url: str = ""


def page_of_quote(quote: Quote, user: Any) -> dict[str, Any]:
    seen = sees_cost(user)
    lines = list(quote.lines.order_by("position"))
    floor = margin_floor().percent
    changed, gone = changes_since(quote.parent, lines)
    rows = [_row(line, floor if seen else None, changed.get(key_of(line), "")) for line in lines]
    status = Status(quote.lifecycle_status)
    is_last = quote.number is None or last_revision(quote) == quote.revision
    waiting = waiting_revision(quote)
    may_revise = user.has_perm(DRAFT) and status in REVISABLE and is_last and waiting is None
    return {
        "quote": quote,
        "colour": STATUS_COLOURS[status],
        "lapsed": status == Status.SENT and has_lapsed(quote),
        "rows": rows,
        "gone": gone,
        "total": quote.total(),
        "shows_answers": quote.sent_at is not None,
        "awarded": sum(line.award_status == Award.AWARDED for line in lines),
        "sees_cost": seen,
        "margins": _summary(rows) if seen else None,
        "moved": _moved(quote, lines) if status in {Status.APPROVED, Status.SENT} else [],
        "waiting": waiting,
        "waiting_url": page_of(waiting.envelope or waiting) if waiting and _decides(user) else "",
        "revisions": _revisions(quote),
        "story": _story(quote, user),
        "html_url": reverse("quote_page", args=[quote.number]) + f"?r={quote.revision}" if quote.number else "",
        "may_revise": may_revise,
        "may_extend": may_revise and status not in ANSWERED,
        "may_answer": user.has_perm(RECORD) and status in ANSWERABLE and _has_open_lines(lines),
        "may_take_back": user.has_perm(RECORD) and status in ANSWERED,
        "may_cancel": status in WITHDRAWABLE and user.has_perm(DRAFT if status in Quote.EDITABLE else RECORD),
    }


def _has_open_lines(lines: list[QuoteLine]) -> bool:
    return any(line.award_status == Award.PENDING for line in lines)


def _decides(user: Any) -> bool:
    return bool(user.has_perm("approvals.view_proposedaction"))


def _row(line: QuoteLine, floor: Decimal | None, changed: str) -> Row:
    return Row(
        line,
        PriceBasis(line.price_basis).label,
        PriceSource(line.price_source).label,
        AWARD_COLOURS[Award(line.award_status)],
        None if floor is None else line.margin(floor),
        changed,
    )


def _summary(rows: list[Row]) -> Any:
    return summarise_margins((row.margin, row.line.quantity) for row in rows if row.margin is not None)


def _moved(quote: Quote, lines: list[QuoteLine]) -> list[str]:
    """What the pricing master says differently by now; the quote itself stays as it was quoted."""
    return moved_prices(lines, master_prices(quote.customer_id, SchoolYear(quote.school_year), lines))


def _revisions(quote: Quote) -> list[Quote]:
    if quote.number is None:
        return []
    return list(Quote.objects.filter(number=quote.number).order_by("-revision"))


# -- the story -----------------------------------------------------------------------------------------------


def _story(quote: Quote, user: Any) -> list[Moment]:
    """From the draft on, oldest first; what has not happened yet has no time."""
    moments = [*_drafted(quote, user), *_printed(quote), *_mailed(quote, user), *_pushed(quote, user)]
    return moments + _told(quote) + _price_updates(quote, user)


def _drafted(quote: Quote, user: Any) -> list[Moment]:
    by = f"by {quote.created_by}" if quote.created_by else ""
    moments = [Moment("Drafted", "edit_note", "info", by, quote.generated_at)]
    action = (
        ProposedAction.objects.filter(workflow_run=quote.workflow_run_id, lines__isnull=False)
        .select_related("decided_by")
        .first()
        if quote.workflow_run_id
        else None
    )
    if action is not None and action.decided_at is not None:
        note = f": “{action.reason_note}”" if action.reason_note else ""
        url = page_of(action) if _decides(user) else ""
        moments.append(
            Moment(
                str(action.get_status_display()), "gavel", "success", f"by {action.decided_by}{note}",
                action.decided_at, url,
            )
        )  # fmt: skip
    return moments


def _printed(quote: Quote) -> list[Moment]:
    if quote.pdf_hash:
        return [Moment("PDF stored", "picture_as_pdf", "success", f"SHA-256 {quote.pdf_hash[:12]}…")]
    return [] if quote.include_pdf else [Moment("No PDF", "picture_as_pdf", "", "none was asked for")]


def _mailed(quote: Quote, user: Any) -> list[Moment]:
    if quote.workflow_run_id is None:
        return []
    draft = ProposedAction.objects.filter(workflow_run=quote.workflow_run_id, action_type=EMAIL_DRAFT).first()
    email = OutboundEmail.objects.filter(action__workflow_run=quote.workflow_run_id).order_by("-pk").first()
    if email is not None:
        colour = EMAIL_COLOURS.get(email.status, "")
        detail = f"to {email.recipient}. {email.problem}".strip().removesuffix(".")
        url = page_of(email) if user.has_perm("approvals.view_outboundemail") else ""
        return [Moment(f"E-mail {email.get_status_display().lower()}", "mail", colour, detail, email.sent_at, url)]
    if draft is None:
        return []
    url = page_of(draft) if _decides(user) else ""
    if draft.status == ProposedAction.Status.PENDING:
        return [Moment("E-mail waits for its approval", "drafts", "warning", draft.title, None, url)]
    return [
        Moment(f"E-mail {draft.get_status_display().lower()}", "drafts", "", draft.reason_note, draft.decided_at, url)
    ]


def _pushed(quote: Quote, user: Any) -> list[Moment]:
    push = quote.push
    if push is None:
        return []
    colour = PUSH_COLOURS.get(push.status, "info")
    detail = ". ".join(filter(None, (push.tran_id, push.last_outcome)))
    url = page_of(push) if user.has_perm("netsuite.view_push") else ""
    return [Moment(f"Estimate: {push.get_status_display()}", "cloud_upload", colour, detail, None, url)]


def _told(quote: Quote) -> list[Moment]:
    """What was written down of it afterwards: answers, expiry, cancellation."""
    entries = JournalEntry.objects.filter(entity_type="quote", entity_id=str(quote.pk), tags=TAG)
    icons = {"accepted": "task_alt", "declined": "thumb_down", "expired": "event_busy", "cancelled": "cancel"}
    colours = {"accepted": "success", "declined": "danger", "expired": "warning"}
    return [
        Moment(
            entry.outcome.capitalize(),
            icons.get(entry.outcome, "history"),
            colours.get(entry.outcome, "info"),
            entry.narrative,
            entry.written_at,
        )
        for entry in entries.order_by("pk")
    ]


def _price_updates(quote: Quote, user: Any) -> list[Moment]:
    found = ProposedAction.objects.filter(action_type=PRICE_UPDATES, entity_ref=f"quote:{quote.pk}").order_by("pk")
    url_of = page_of if _decides(user) else lambda _: ""
    return [
        Moment(
            "Awarded prices for the pricing master",
            "price_change",
            "warning" if action.status == ProposedAction.Status.PENDING else "success",
            str(action.get_status_display()),
            action.decided_at or action.proposed_at,
            url_of(action),
        )
        for action in found
    ]
