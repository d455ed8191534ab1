"""Every address of the admin, opened by every role: nothing breaks, and nobody sees what is not theirs."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, reverse

from approvals.models import EditToken, WorkflowRun
from config.navigation import sidebar
from inventory.models import Item, Zone
from tests import factories as make

pytestmark = pytest.mark.django_db
ROLES = ("counter", "approver", "auditor", "integrator", "quote manager", "price viewer", "order desk")
SITE_WIDE = {"index", "login", "logout", "password_change", "password_change_done", "jsi18n", "search", "autocomplete"}


def patterns(found: list[Any]) -> Iterator[URLPattern]:
    for pattern in found:
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern.url_patterns)
        else:
            yield pattern


def names() -> list[tuple[str, int]]:
    """(name, number of arguments) of every named address of a model's screens."""
    named = [pattern for pattern in patterns(admin.site.urls[0]) if pattern.name]
    return sorted({
        (str(pattern.name), pattern.pattern.regex.groups)
        for pattern in named
        if pattern.name not in SITE_WIDE | {"app_list", "view_on_site"}
    })  # fmt: skip


def staff(*roles: str, superuser: bool = False) -> Any:
    person = make.user("", *roles, superuser=superuser)
    person.is_staff = True
    person.save()
    EditToken.issue(user=person, label="script")
    return person


def client_of(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def addresses() -> Iterator[tuple[str, str]]:
    """(name, path) with the first row of the model as the object."""
    models = {f"{model._meta.app_label}_{model._meta.model_name}": model for model in admin.site._registry}
    for name, groups in names():
        model = next((models[key] for key in sorted(models, key=len, reverse=True) if name.startswith(key)), None)
        row = model._default_manager.order_by("pk").last() if model else None
        pk: Any = row.pk if row else 1
        args = [pk, 1][:groups]
        if name.endswith("_simple_history") and row is not None:
            args = [pk, row.history.first().history_id]
        yield name, reverse(f"admin:{name}", args=args)


@pytest.mark.slow
def test_no_page_breaks_for_a_superuser(house):
    client = client_of(staff(superuser=True))
    answers = {name: client.get(path).status_code for name, path in addresses()}
    assert set(answers.values()) <= {200, 302, 403, 404, 405}
    lists = {name: code for name, code in answers.items() if name.endswith("_changelist")}
    assert set(lists.values()) == {200}


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_no_page_breaks_and_each_opens_for_those_who_may_view_it_only(house, role):
    person = staff(role)
    client = client_of(person)
    assert client.get(reverse("admin:index")).status_code == 200
    wrong = {}
    for name, path in addresses():
        code = client.get(path).status_code
        assert code in {200, 302, 403, 404, 405}, (name, code)
        kind = next((k for k in ("_changelist", "_change") if name.endswith(k)), "")
        if not kind:
            continue
        app, model = name.removesuffix(kind).split("_", 1) if "celery" not in name else ("django_celery_beat", "")
        may = any(person.has_perm(f"{app}.{verb}_{model}") for verb in ("view", "change"))
        if model in {"variance", "countline"}:
            may = may and person.has_perm("inventory.view_expected")
        # A token of somebody else's is not there; one's own is.
        if code == 403 if may else code != 403:
            wrong[name] = code
    assert wrong == {}


def test_anonymous_and_people_without_the_staff_flag_are_sent_to_the_login(house):
    outsider = make.user("outsider", "approver")
    for client in (Client(), client_of(outsider)):
        for name, path in addresses():
            answer = client.get(path)
            assert answer.status_code == 302, name
            assert "/login/" in answer["Location"]


def test_the_sidebar_shows_each_role_only_what_it_may_open(house):
    counter = client_of(staff("counter")).get(reverse("admin:index")).content.decode()
    approver = client_of(staff("approver")).get(reverse("admin:index")).content.decode()
    pushes = reverse("admin:netsuite_push_changelist")
    assert pushes not in counter
    assert reverse("admin:inventory_variance_changelist") not in counter
    assert pushes in approver
    assert reverse("admin:auth_user_changelist") not in approver


def test_one_entry_of_the_sidebar_is_marked_as_the_page_one_is_on(house):
    request = RequestFactory().get(reverse("admin:inventory_zone_rotation"))
    request.user = staff("approver")
    items = [item for group in sidebar(request) for item in group["items"]]
    assert [item["title"] for item in items if item["active"]] == ["Rotation plan"]
    request.path = reverse("admin:inventory_zone_change", args=[1])
    items = [item for group in sidebar(request) for item in group["items"]]
    assert [item["title"] for item in items if item["active"]] == ["Zones"]


def test_a_history_page_needs_the_permission_for_history(house):
    zone = Zone.objects.first()
    path = reverse("admin:inventory_zone_history", args=[zone.pk])
    assert client_of(staff("auditor")).get(path).status_code == 200
    assert client_of(staff("counter")).get(path).status_code == 403


def test_a_history_page_cannot_be_posted_to(house):
    """The library's page takes a POST as a revert from anybody who may look."""
    item = Item.objects.exclude(avg_cost=None).first()
    item.description = "First"
    item.save()
    old = item.history.first()
    item.description = "Second"
    item.save()
    path = reverse("admin:inventory_item_simple_history", args=[item.pk, old.history_id])
    for person in (staff("auditor"), staff(superuser=True)):
        answer = client_of(person).post(path, {"description": "First", "unit": "each", "abc_class": "C"})
        assert answer.status_code == 403
    item.refresh_from_db()
    assert item.description == "Second"


READ_ONLY = (
    *("approvals.alert", "approvals.event", "approvals.journalentry", "approvals.verifycheck"),
    *("approvals.auditentry", "approvals.scheduledslot", "approvals.outboundemail", "approvals.workflowrun"),
    *("approvals.subscription", "approvals.delivery"),
    *("inventory.balance", "inventory.movement", "inventory.adjustment", "inventory.parity", "netsuite.push"),
)


@pytest.mark.parametrize("label", READ_ONLY)
def test_crafted_posts_do_not_change_the_record(house, label):
    app, model = label.split(".")
    screen = next(m for m in admin.site._registry if m._meta.label_lower == label)
    row = screen._default_manager.first()
    before = list(screen._default_manager.order_by("pk").values())
    client = client_of(staff(superuser=True))
    base = f"admin:{app}_{model}"
    assert client.post(reverse(f"{base}_add"), {"name": "x"}).status_code == 403
    assert client.post(reverse(f"{base}_change", args=[row.pk]), {"message": "x"}).status_code == 403
    assert client.post(reverse(f"{base}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    client.post(reverse(f"{base}_changelist"), {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"})
    assert list(screen._default_manager.order_by("pk").values()) == before


def test_cost_is_hidden_everywhere_from_those_without_the_permission(house):
    item = Item.objects.create(item_code="SECRET-COST", avg_cost="4711.1234")
    item.avg_cost = "4712.5678"
    item.save()
    person = staff("counter")
    person.user_permissions.add(
        *Permission.objects.filter(codename__in=("view_historicalitem", "change_item", "change_historicalitem"))
    )
    client = client_of(get_user_model().objects.get(pk=person.pk))
    paths = [
        reverse("admin:inventory_item_changelist") + "?q=SECRET-COST",
        reverse("admin:inventory_item_change", args=[item.pk]),
        reverse("admin:inventory_item_history", args=[item.pk]),
        reverse("admin:inventory_item_simple_history", args=[item.pk, item.history.first().history_id]),
        reverse("admin:inventory_item_export"),
    ]
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        text = answer.content.decode()
        assert "4711" not in text
        assert "4712" not in text
        assert "avg_cost" not in text
    form = {"format": "1", "resource": "0", "itemresource_item_code": "on", "itemresource_avg_cost": "on"}
    exported = client.post(reverse("admin:inventory_item_export"), form)
    assert b"SECRET-COST" in exported.content
    assert b"4712" not in exported.content


def test_the_page_for_a_refusal_says_what_to_do(house):
    answer = client_of(staff("counter")).get(reverse("admin:netsuite_push_changelist"))
    assert answer.status_code == 403
    assert "Ask an administrator" in answer.content.decode()


def test_the_pages_for_missing_and_broken_need_no_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        missing, broken = render_to_string("404.html"), render_to_string("500.html")
    assert "nothing here" in missing
    assert "Something broke" in broken


def test_a_failed_run_is_tried_again_only_by_those_who_decide(house):
    run = WorkflowRun.objects.filter(status="completed").first()
    path = reverse("admin:approvals_workflowrun_try_again", args=[run.pk])
    assert client_of(staff("auditor")).post(path).status_code == 403
    answer = client_of(staff("approver")).post(path)
    assert "only a failed run can be tried again" in answer.content.decode()
