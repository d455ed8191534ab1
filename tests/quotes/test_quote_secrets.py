"""Cost and margin of a quote appear in no byte for anybody who may not see them: pages, API, e-mail, PDF, NetSuite."""

from io import BytesIO
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse
from pypdf import PdfReader

from approvals.models import Alert, AuditEntry, Event, JournalEntry, ProposedAction, WorkflowRun
from approvals.ticking import tick
from netsuite.drain import drain
from netsuite.models import Push
from quotes.drafting import draft_quote
from quotes.gate import draft_action
from quotes.models import PricingMaster
from quotes.wishes import LineWish
from tests import factories
from tests.quotes import drafted
from tests.quotes.drafted import approve, decide, district, draft, email_draft, priced, wishes
from tests.quotes.screens import signed_in

pytestmark = pytest.mark.django_db
# 34.7717 of 40.00 is a margin of 13.07075 %: as stored, as shown to the cent, as shown rounded.
COST, MARGIN = "34.7717", "13.1 %"
SECRETS = (COST, "34.77", "13.07", MARGIN, "13.1%", "5.2283")
BLIND_ROLES = (("counter",), ("quoter",), ("quote manager",), ("integrator",), ())


@pytest.fixture
def told(simulator: Any) -> dict[str, Any]:
    """A quote that was sent and pushed, its revision that waits, each with a line under the floor."""
    who = district(code="ELM")
    items = priced(who, 2, price="40", cost=COST)
    run = draft(who, wishes(*items, quantity=10), include_pdf=True)
    quote = approve(run, "A full truck.", by=drafted.approver("quotes.view_cost"))
    decide(email_draft(run), drafted.approver())
    tick()
    drain()
    assert Push.objects.get().status == "confirmed"
    lines = [LineWish(line.item_code) for line in items]
    waiting = draft_quote(customer_id=who.pk, school_year="2026-27", lines=lines, by=drafted.quoter(), revises=quote.pk)
    return {"quote": quote, "run": run, "waiting": waiting}


def addresses() -> list[str]:
    """The list and the pages of the first rows of everything in the admin."""
    found = ["/admin/"]
    for model, screen in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        try:
            found.append(reverse(f"{name}_changelist"))
        except NoReverseMatch:
            continue
        for row in model._default_manager.order_by("-pk")[:6]:
            for page in ("change", "history"):
                try:
                    found.append(reverse(f"{name}_{page}", args=(row.pk,)))
                except NoReverseMatch:
                    continue
        assert screen is not None
    return found


def told_in(body: bytes) -> list[str]:
    text = body.decode("utf-8", errors="replace")
    return [secret for secret in SECRETS if secret in text]


def leaks(client: Client, pages: list[str]) -> tuple[dict[str, list[str]], int]:
    opened, found = 0, {}
    for page in pages:
        answer = client.get(page)
        opened += answer.status_code == 200
        if secrets := told_in(answer.content):
            found[page] = secrets
    return found, opened


@pytest.mark.parametrize("roles", BLIND_ROLES, ids=lambda roles: "+".join(roles) or "approver without sight of cost")
def test_no_page_and_no_answer_tells_cost_or_margin(told, roles):
    person = factories.user("", *roles) if roles else everything_but_cost()
    client = signed_in(person)
    pages = addresses()
    found, opened = leaks(client, pages)
    assert found == {}
    if not roles:
        assert opened > 30, "the walk must see pages, not refusals"
    for path in (
        f"/quotes/{told['quote'].number}",
        f"/api/quotes/{told['quote'].number}",
        "/api/proposed-actions?status=pending",
        "/api/proposed-actions?status=approved",
        f"/api/workflow-runs/{told['run'].pk}",
        f"/api/workflow-runs/{told['waiting'].pk}",
    ):
        assert told_in(client.get(path).content) == []


def everything_but_cost() -> Any:
    """Somebody with every permission there is, save the one."""
    person = factories.user()
    person.user_permissions.set(Permission.objects.exclude(codename="view_cost"))
    return person


@pytest.mark.parametrize("role", ["approver", "auditor"])
def test_who_may_see_them_sees_them_beside_the_quote(told, role):
    client = signed_in(factories.user("", role))
    envelope = draft_action(told["waiting"]).envelope
    page = client.get(reverse("admin:approvals_proposedaction_change", args=(envelope.pk,)))
    assert {COST, MARGIN} <= set(told_in(page.content))
    if role == "approver":
        assert "Under the margin floor" in page.content.decode()


def test_the_same_page_without_the_permission_still_shows_all_else(told):
    client = signed_in(drafted.approver())
    envelope = draft_action(told["waiting"]).envelope
    body = client.get(reverse("admin:approvals_proposedaction_change", args=(envelope.pk,))).content.decode()
    for part in ("Pricing master", "10 cases → no quantity", "As the customer will see it", "Q-2026-00001", "Against"):
        assert part in body
    assert "Cost age" not in body


def test_nothing_that_leaves_the_house_tells_them(told, simulator):
    (message,) = mail.outbox
    assert told_in(message.message().as_bytes()) == []
    pdf = message.attachments[0][1]
    reader = PdfReader(BytesIO(pdf))
    inside = [page.extract_text() for page in reader.pages] + [str(reader.metadata), str(reader.xmp_metadata)]
    streams = [
        part.get_data()
        for part in map(reader.get_object, range(1, len(reader.xref[0]) + 1))
        if hasattr(part, "get_data")
    ]
    assert told_in(pdf) == told_in("\n".join(inside).encode()) == told_in(b"\n".join(streams)) == []
    assert "cost" not in "\n".join(inside).lower()
    assert "margin" not in "\n".join(inside).lower()
    assert "40.00" in "\n".join(inside)
    assert told_in(str(simulator.control.transactions()).encode()) == []


def test_no_record_of_ours_outside_the_price_tables_holds_them(told):
    for model in (WorkflowRun, ProposedAction, Event, JournalEntry, AuditEntry, Alert, Push):
        for row in model._default_manager.values():
            assert told_in(str(row).encode()) == [], (model, row)
    assert PricingMaster.objects.filter(cost_basis=COST).exists()
