"""Drafting a quote: the one way in for the admin, the API, renewals and the command.

A draft stages an envelope with one `quote_draft` and nothing else: no quote exists before somebody approves it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from approvals import audit, engine, registry
from approvals.clock import now
from approvals.models import ProposedAction, WorkflowRun
from approvals.refusals import Refused
from quotes import context, drafts, gate, revisions, wishes
from quotes.contents_of import document_of, heading_of
from quotes.context import CurrentPricing, OpenQuote
from quotes.documents.contents import UnfitContents
from quotes.drafts import Draft
from quotes.models import Catalog, Customer, Quote
from quotes.recipients import quote_contacts
from quotes.school_years import SchoolYear, parse_school_year
from quotes.standing import expired, standing_of, today
from quotes.wishes import LineWish, QuoteWish

WORKFLOW = "customer_quote"
PERMISSION = "quotes.draft_quote"
REFERENCE_LENGTH = 80


class DraftRefused(Refused):
    """Nothing was staged; `problems` are all the reasons."""


@dataclass(frozen=True)
class Frame:
    """What stands around the lines. `valid_until` defaults to QUOTE_VALID_DAYS from today, the days prices are firm to
    the school year."""

    valid_until: date | None = None
    prices_from: date | None = None
    prices_to: date | None = None
    bid_reference: str = ""
    notes: str = ""


@dataclass(frozen=True)
class Preview:
    """What drafting would stage. `pricing` carries cost: show it to those with `quotes.view_cost` only."""

    wish: QuoteWish
    customer: Customer | None
    pricing: CurrentPricing
    blocks: tuple[str, ...]
    warnings: tuple[str, ...]
    open_quotes: tuple[OpenQuote, ...]


def draft_quote(
    *,
    customer_id: int,
    school_year: str | SchoolYear,
    lines: Sequence[LineWish],
    by: Any,
    include_pdf: bool = True,
    catalog: str = "",
    revises: int | None = None,
    frame: Frame | None = None,
) -> WorkflowRun:
    """Price the lines and stage the draft for approval; `gate.draft_action(run)` is what was staged.

    `revises` is the id of the quote this is the next revision of; `catalog` a code whose items are added. Raises
    Refused with every sentence at once, storing nothing.
    """
    _check_may_draft(by)
    frame = frame or Frame()
    wish = _understood(customer_id, school_year, lines, include_pdf, catalog, revises, frame)
    with transaction.atomic():
        parent = revisions.lock_for_revision(wish)
        run = engine.start(key=WORKFLOW, inputs=wishes.stored(wish), subject=_subject(wish), by=by)
        customer = Customer.objects.get(pk=customer_id)
        draft = _draft(wish, frame, customer, by, parent)
        gate.stage(run, customer, draft, revises=parent)
    return engine.advance(run.pk)


def preview_quote(
    *,
    customer_id: int,
    school_year: str | SchoolYear,
    lines: Sequence[LineWish],
    catalog: str = "",
    revises: int | None = None,
) -> Preview:
    """The lines priced, every block and warning, and what is open already; stores nothing.

    Raises Refused only for what cannot be understood: a lone year, an unknown catalog, a line that cannot be.
    """
    wish = _understood(customer_id, school_year, lines, True, catalog, revises, Frame())
    declared = registry.workflow(WORKFLOW)
    loaded = {query.name: query.load(wish) for query in declared.context}
    found = [(rule, rule.check(wish, loaded)) for rule in declared.preconditions]
    return Preview(
        wish=wish,
        customer=loaded["customer"],
        pricing=loaded["current_pricing"],
        blocks=tuple(sentence for rule, sentence in found if sentence and rule.blocks),
        warnings=tuple(sentence for rule, sentence in found if sentence and not rule.blocks),
        open_quotes=tuple(loaded["open_quotes"]),
    )


def redraft_quote(
    *,
    action_id: int,
    by: Any,
    lines: Sequence[LineWish] | None = None,
    frame: Frame | None = None,
    include_pdf: bool | None = None,
) -> ProposedAction:
    """Change a draft that waits, or (with nothing given) take today's prices into it. `action_id` is its `quote_draft`.

    Whoever looked at it before must look again: their approval is bound to what it said. Raises Refused.
    """
    _check_may_draft(by)
    with transaction.atomic():
        action = gate.lock_draft(action_id)
        run, before = gate.run_of(action), drafts.read(action.payload)
        wish = wishes.read(run.inputs)
        wish = replace(wish, include_pdf=wish.include_pdf if include_pdf is None else include_pdf)
        if lines is not None:
            wish = replace(wish, lines=wishes.tidied(lines))
        frame = frame or _frame_of(before)
        _refuse_if([*_line_problems(wish), *_frame_problems(wish.school_year, frame)], wish.customer_id)
        run.warnings = engine.check_preconditions(registry.workflow(WORKFLOW), wishes.stored(wish))
        run.inputs = wishes.stored(wish)
        run.save(update_fields=["inputs", "warnings"])
        parent = Quote.objects.filter(pk=wish.quote_id).first() if wish.quote_id else None
        customer = Customer.objects.get(pk=wish.customer_id)
        gate.restage(action, customer, _draft(wish, frame, customer, by, parent), revises=parent)
        audit.append(
            actor=by,
            verb="quote.redrafted",
            entity_ref=f"proposed_action:{action.pk}",
            details={"lines": len(wish.lines), "new_lines": lines is not None},
        )
    return action


def _check_may_draft(by: Any) -> None:
    if not (by.is_active and by.has_perm(PERMISSION)):
        raise DraftRefused(f"{by} may not draft quotes. Ask an administrator for the role of a quoter.")


def _understood(
    customer_id: int,
    school_year: str | SchoolYear,
    lines: Sequence[LineWish],
    include_pdf: bool,
    catalog: str,
    revises: int | None,
    frame: Frame,
) -> QuoteWish:
    """What is asked for, once every sentence against it has been collected."""
    problems: list[str] = []
    try:
        year = school_year if isinstance(school_year, SchoolYear) else parse_school_year(school_year)
    except Refused as refusal:
        _refuse_if([*refusal.problems, *wishes.problems_with(wishes.tidied(lines))], customer_id)
        raise
    tidy = wishes.tidied(lines)
    if catalog.strip():
        tidy, problems = _with_catalog(tidy, catalog.strip())
    wish = QuoteWish(customer_id, year, tidy, revises, catalog.strip(), include_pdf)
    problems += [*_line_problems(wish), *_frame_problems(year, frame), *revisions.problems_with(wish)]
    _refuse_if(problems, customer_id)
    return wish


def _refuse_if(problems: Iterable[str], customer_id: int) -> None:
    """With what is wrong about the customer, so that one answer says it all."""
    found = list(problems)
    if not found:
        return
    customer = Customer.objects.filter(pk=customer_id).first()
    blocks = [context.status_objection(customer)] if customer else [context.no_customer(customer_id)]
    raise DraftRefused([*found, *filter(None, blocks)])


def _with_catalog(lines: tuple[LineWish, ...], code: str) -> tuple[tuple[LineWish, ...], list[str]]:
    catalog = Catalog.objects.filter(code=code, is_active=True).first()
    if catalog is None:
        return lines, [f"There is no active catalog “{code}”. Choose one from the list, or leave it empty."]
    asked = {line.item_code for line in lines}
    codes = catalog.entries.order_by("position", "pk").values_list("spec_item__item_code", flat=True)
    return (*lines, *(LineWish(item) for item in codes if item not in asked)), []


def _line_problems(wish: QuoteWish) -> list[str]:
    problems = wishes.problems_with(wish.lines)
    return problems or list(context.load_pricing(wish).priced.problems)


def _frame_problems(year: SchoolYear, frame: Frame) -> list[str]:
    problems = [expired(frame.valid_until)] if frame.valid_until else []
    start, end = frame.prices_from or year.first_day, frame.prices_to or year.last_day
    if start > end:
        problems.append(f"Prices cannot be firm from {start} to {end}: the end lies before the beginning.")
    if len(frame.bid_reference) > REFERENCE_LENGTH:
        problems.append(f"The bid reference is longer than {REFERENCE_LENGTH} characters. Shorten it.")
    return [problem for problem in problems if problem]


def _frame_of(draft: Draft) -> Frame:
    """As it was; an offer that has run out in the meantime begins anew."""
    standing = draft.valid_until if not expired(draft.valid_until) else None
    return Frame(standing, draft.prices_from, draft.prices_to, draft.bid_reference, draft.notes)


def _subject(wish: QuoteWish) -> str:
    customer = Customer.objects.filter(pk=wish.customer_id).first()
    return f"Quote for {customer}, {wish.school_year}"[:200]


def _draft(wish: QuoteWish, frame: Frame, customer: Customer, by: Any, parent: Quote | None) -> Draft:
    year, lines = wish.school_year, context.load_pricing(wish).priced.lines
    draft = Draft(
        customer_id=wish.customer_id,
        school_year=year,
        valid_until=frame.valid_until or today() + timedelta(days=settings.QUOTE_VALID_DAYS),
        prices_from=frame.prices_from or year.first_day,
        prices_to=frame.prices_to or year.last_day,
        drafted_at=now(),
        lines=lines,
        heading=heading_of(customer, quote_contacts(customer.pk), by, lines),
        include_pdf=wish.include_pdf,
        catalog=wish.catalog,
        revises=parent.pk if parent else None,
        bid_reference=frame.bid_reference.strip(),
        notes=frame.notes.strip(),
    )
    try:
        document_of(draft, draft.lines)
    except UnfitContents as problem:
        raise DraftRefused(str(problem)) from problem
    return replace(draft, warnings=standing_of(draft).warnings)
