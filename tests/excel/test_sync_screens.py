"""The pages of a sync, through the browser's door: who may do what, what each may see, and what each button does."""

import io
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localtime

from approvals.clock import now
from approvals.models import AuditEntry
from inventory.excel.limits import seed_guardrails
from inventory.excel.results import cost_free
from inventory.models import ExcelSync, ExcelUpdate, Movement, SyncLine, Upload
from tests import factories as make
from tests.excel.workbooks_made import ago, bring, envelope_of, kept, line_of, on_hand, stated, sync

pytestmark = pytest.mark.django_db
ON_HAND = 98_765  # a number that is nowhere else
Status = Upload.Status


def signed_in(*roles: str) -> Any:
    client: Any = Client()
    client.person = make.user("", *roles)
    client.person.is_staff = True
    client.person.save()
    client.force_login(client.person)
    return client


@pytest.fixture
def counter(db: None) -> Any:
    return signed_in("counter")


@pytest.fixture
def approver(db: None) -> Any:
    return signed_in("approver")


def page(name: str, *args: Any) -> str:
    return reverse(f"admin:inventory_{name}", args=args)


def upload(client: Any, content: bytes, home: Any, name: str = "stock.xlsx", **more: Any) -> Any:
    fields = {"file": SimpleUploadedFile(name, content), "location": home.location.pk, "as_of": "", **more}
    return client.post(page("excelsync_upload"), fields, follow=True)


def preview(upload: Upload, **query: Any) -> str:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return page("excelsync_upload_preview", upload.pk) + (f"?{asked}" if asked else "")


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def main_of(response: Any) -> str:
    """Without the head and its styles."""
    return text_of(response).split('class="ct-title"', 1)[1].split("<script", 1)[0]


def says(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def codes(response: Any) -> list[str]:
    return [row.item_code for row in response.context["rows"]]


def row_of(response: Any, what: Any) -> Any:
    return next(row for row in response.context["rows"] if row.item_code == what.item_code)


# -- upload, date, preview, sync -------------------------------------------------------------------------------


def test_upload_preview_sync(approver: Any, home: Any) -> None:
    small, large, huge = (kept(1000, home=home, cost=1) for _ in range(3))
    fresh = upload(approver, stated((small, 995), (large, 950), (huge, 500), ("NEW1", 7)), home)
    assert fresh.status_code == 200
    assert "Sync: 1 adjusted, 1 new, 1 goes to the approver, 1 blocked" in text_of(fresh)
    assert codes(fresh) == [huge.item_code, large.item_code, "NEW1", small.item_code], "the worst first"
    assert row_of(fresh, large).value == Decimal("-50.00")
    assert not ExcelSync.objects.exists()
    done = approver.post(page("excelsync_upload_commit", Upload.objects.get().pk), follow=True)
    made = ExcelSync.objects.get()
    assert done.redirect_chain[-1][0] == page("excelsync_change", made.pk)
    assert says(done) == ["“stock.xlsx” is synced. Thank you."]
    assert made.submitted_by == approver.person
    assert (on_hand(small, home), on_hand(large, home)) == (995, 1000)
    assert f"/admin/approvals/proposedaction/{envelope_of(made).pk}/change/" in text_of(done)


def test_a_double_click_syncs_once_and_is_told_so(approver: Any, home: Any) -> None:
    upload(approver, stated((kept(100, home=home, cost=1), 95)), home)
    commit = page("excelsync_upload_commit", Upload.objects.get().pk)
    approver.post(commit)
    movements = Movement.objects.count()
    again = approver.post(commit, follow=True)
    assert (ExcelSync.objects.count(), Movement.objects.count()) == (1, movements)
    assert "confirmed already" in says(again)[-1]
    assert again.redirect_chain[-1][0] == page("excelsync_change", ExcelSync.objects.get().pk)


def test_the_same_bytes_again_are_refused_with_a_way_to_the_first(approver: Any, home: Any) -> None:
    content = stated((kept(100, home=home, cost=1), 95))
    upload(approver, content, home)
    approver.post(page("excelsync_upload_commit", Upload.objects.get().pk))
    shown = upload(approver, content, home)
    assert "synced already" in text_of(shown)
    assert page("excelsync_change", ExcelSync.objects.get().pk) in text_of(shown)


def test_a_workbook_in_which_everything_is_missing_is_a_page_with_the_reason(approver: Any, home: Any) -> None:
    shown = upload(approver, stated(("SOMETHING", 3), ("ELSE", 4)), home)
    said = text_of(shown)
    assert "One problem stands against it" in said
    assert "None of the 1 items kept at MAIN is in this workbook" in said
    assert "Upload again" in said
    assert "Sync:" not in said
    assert Upload.objects.get().status == Status.REFUSED


def test_the_only_location_is_chosen_for_you_and_nothing_is_read_without_a_file(approver: Any, home: Any) -> None:
    form = approver.get(page("excelsync_upload"))
    assert re.search(rf'<option value="{home.location.pk}" selected', text_of(form))
    assert "Leave it empty to use when the workbook was last saved" in text_of(form)
    missing = approver.post(page("excelsync_upload"), {"location": "", "as_of": ""})
    assert "Choose the workbook with the stock." in text_of(missing)
    assert "Choose the location whose stock the workbook states." in text_of(missing)


def test_a_mistyped_time_does_not_lose_the_file(approver: Any, home: Any) -> None:
    tomorrow = localtime(now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    shown = upload(approver, stated((kept(100, home=home, cost=1), 95)), home, as_of=tomorrow)
    assert "This moment has not come yet." in says(shown)[0]
    assert Upload.objects.get().status == Status.PREVIEWED
    assert "when the workbook says it was last saved" in text_of(shown)


def test_a_file_that_says_nothing_is_dated_by_when_it_was_last_changed(approver: Any, home: Any) -> None:
    what = kept(100, home=home, cost=1)
    changed = ago(hours=5).replace(microsecond=0)
    content = f"Product code,Description,Qty\n{what.item_code},,95\n".encode()
    shown = upload(approver, content, home, name="stock.csv", file_changed=int(changed.timestamp() * 1000))
    assert Upload.objects.get().counted_at == changed
    assert "when the file was last changed" in text_of(shown)


def test_the_as_of_time_is_edited_in_place_and_everything_is_compared_again(approver: Any, home: Any) -> None:
    what = kept(1000, home=home, cost=1)
    make.move(what, -200, home=home, at=ago(hours=2))
    fresh = upload(approver, stated((what, 1000)), home)
    assert row_of(fresh, what).kind.key == "alert"
    stored = Upload.objects.get()
    earlier = localtime(ago(hours=4)).strftime("%Y-%m-%dT%H:%M")
    shown = approver.post(page("excelsync_upload_as_of", stored.pk), {"as_of": earlier}, follow=True)
    assert row_of(shown, what).kind.key == "match"
    assert f"as {approver.person} said" in text_of(shown)
    stored.refresh_from_db()
    assert localtime(stored.counted_at).strftime("%Y-%m-%dT%H:%M") == earlier


def test_an_as_of_time_that_cannot_be_stays_in_the_field_with_its_reason(approver: Any, home: Any) -> None:
    upload(approver, stated((kept(10, home=home, cost=1), 10)), home)
    stored = Upload.objects.get()
    tomorrow = localtime(now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    shown = approver.post(page("excelsync_upload_as_of", stored.pk), {"as_of": tomorrow})
    assert shown.status_code == 409
    assert "has not come yet" in text_of(shown)
    assert f'value="{tomorrow}"' in text_of(shown)
    assert stored.counted_at == Upload.objects.get().counted_at


def test_auto_fix_is_previewed_before_it_is_done(approver: Any, home: Any) -> None:
    what = kept(1000, home=home, cost=1)
    stored = bring(stated((what, 950)), home=home, by=approver.person)
    assert "Sync: 1 goes to the approver" in text_of(approver.get(preview(stored)))
    shown = approver.get(preview(stored, auto_fix=1))
    assert "Sync: 1 adjusted" in text_of(shown)
    assert row_of(shown, what).kind.key == "flagged"
    approver.post(page("excelsync_upload_commit", stored.pk), {"auto_fix": "1"})
    assert on_hand(what, home) == 950


def test_sales_that_the_workbook_lacks_are_shown_apart(approver: Any, home: Any, sold_200: Any) -> None:
    what, shop = sold_200
    other = kept(10, home=shop, cost=1)
    stored = bring(stated((what, 1000), (other, 10)), home=shop, by=approver.person)
    shown = approver.get(preview(stored))
    assert [row.item_code for row in shown.context["explained"]] == [what.item_code]
    assert what.item_code not in codes(shown)
    assert "200 sold are not in the workbook yet" in text_of(shown)
    approver.post(page("excelsync_upload_commit", stored.pk))
    story = approver.get(page("excelsync_change", ExcelSync.objects.get().pk))
    assert [row.item_code for row in story.context["explained"]] == [what.item_code]
    assert ExcelUpdate.objects.exists()


def test_discarding_changes_nothing(approver: Any, home: Any) -> None:
    stored = bring(stated((kept(10, home=home), 10)), home=home, by=approver.person)
    gone = approver.post(page("excelsync_upload_discard", stored.pk), follow=True)
    assert says(gone) == ["“stock.xlsx” is discarded. Nothing was synced."]
    assert "This workbook was discarded" in text_of(approver.get(preview(stored)))


def test_somebody_elses_workbook_can_be_looked_at_only(approver: Any, home: Any) -> None:
    stored = bring(stated((kept(10, home=home), 10)), home=home)
    shown = approver.get(preview(stored))
    assert "alone may sync or discard it" in text_of(shown)
    refused = approver.post(page("excelsync_upload_commit", stored.pk), follow=True)
    assert "who alone may commit it" in says(refused)[-1]
    assert not ExcelSync.objects.exists()


# -- who may do what, and see what -----------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["auditor", "quote manager"])
def test_only_who_may_sync_brings_and_commits(role: str, home: Any) -> None:
    client = signed_in(role)
    stored = bring(stated((kept(10, home=home), 10)), home=home, by=client.person)
    assert client.get(page("excelsync_upload")).status_code == 403
    for action in ("commit", "discard", "as_of"):
        assert client.post(page(f"excelsync_upload_{action}", stored.pk)).status_code == 403
    assert not ExcelSync.objects.exists()


def test_who_may_see_nothing_of_syncs_sees_nothing(home: Any) -> None:
    made = sync([(kept(10, home=home), 10)], home=home)
    client = signed_in("quote manager")
    for path in ("excelsync_change", "excelsync_result", "excelsync_again"):
        assert client.get(page(path, made.pk)).status_code == 403
    assert client.get(page("excelsync_changelist")).status_code == 403


def test_a_buttons_page_changes_nothing_on_get(approver: Any, home: Any) -> None:
    stored = bring(stated((kept(10, home=home), 10)), home=home, by=approver.person)
    for action in ("commit", "discard", "as_of"):
        assert approver.get(page(f"excelsync_upload_{action}", stored.pk)).status_code == 405


@pytest.fixture
def tell_tale(home: Any) -> list[tuple[Any, int]]:
    """Rows whose outcomes, differences or order would tell a counter what is on hand."""
    items = [kept(ON_HAND, home=home, cost=2, code=f"SECRET{number}") for number in range(5)]
    return list(zip(items, (ON_HAND - 50_000, ON_HAND - 4, ON_HAND - 43, 5, None), strict=True))


def learns_nothing(response: Any) -> None:
    said = main_of(response)
    for number in (f"{ON_HAND:,}", str(ON_HAND), "50,000", "-43"):
        assert number not in said
    for word in ("Expected here", "Difference", "goes to the approver", "Matches", "Alert", "blocked", "Adjusted"):
        assert word not in said, word
    assert not {row.kind.key for row in response.context["rows"]} - {"stated", "refused", "new_item", "not_stated"}
    assert [row for row in response.context["rows"] if row.line or row.expected is not None or row.variance] == []


def test_a_counter_brings_and_syncs_a_workbook_blind(counter: Any, home: Any, tell_tale: Any) -> None:
    left_out = kept(ON_HAND, home=home, code="LEFTOUT")
    shown = upload(counter, stated(*tell_tale, ("NEW1", 5)), home)
    assert "Sync: 4 stated, 1 new" in text_of(shown)
    learns_nothing(shown)
    assert codes(shown) == [*[what.item_code for what, _ in tell_tale], "NEW1"], "in the order of the file"
    assert left_out.item_code not in text_of(shown)
    stored = Upload.objects.get()
    for outcome in ("alert", "match", "explained", "missing_there"):
        narrowed = counter.get(preview(stored, outcome=outcome))
        assert codes(narrowed) == codes(shown), outcome
        learns_nothing(narrowed)
    done = counter.post(page("excelsync_upload_commit", stored.pk), {"auto_fix": "1"}, follow=True)
    made = ExcelSync.objects.get()
    assert not made.auto_fix, "auto-fix is for people who saw what it would post"
    learns_nothing(done)
    learns_nothing(counter.get(page("excelsync_change", made.pk) + "?outcome=alert"))
    assert left_out.item_code not in text_of(done)
    assert counter.get(page("excelsync_result", made.pk)).status_code == 403
    listed = text_of(counter.get(page("excelsync_changelist")))
    assert "4 stated" in listed
    assert "alert" not in listed.lower()
    assert "Waiting for a decision" not in listed


def test_values_are_for_who_may_see_cost(home: Any) -> None:
    what = kept(1000, home=home, cost=77)
    made = sync([(what, 950)], home=home)
    address = page("excelsync_change", made.pk)
    assert "$3,850.00" in text_of(signed_in("approver").get(address))
    plain = signed_in("counter")
    plain.person.user_permissions.add(Permission.objects.get(codename="view_expected"))
    shown = plain.get(address)
    assert row_of(shown, what).variance == -50
    assert not re.search(r"\$-?\d", main_of(shown))


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("Within excel_sync v1", "Within excel_sync v1"),
        (
            "excel_sync v1: 50 % is more than 40 % and $600.00 is more than $500.00",
            "excel_sync v1: 50 % is more than 40 % and its value is above the limit",
        ),
        ("the workbook's variance of -$9,000.00 is too large", "the workbook's variance of … is too large"),
    ],
)
def test_reasons_are_told_without_money(why: str, told: str) -> None:
    assert cost_free(why) == told


def test_the_second_signature_is_asked_for_when_its_turn_has_come(approver: Any, home: Any) -> None:
    what = kept(1000, home=home, cost=100)
    made = sync([(what, 900)], home=home)
    assert "To sign off as second person" not in text_of(approver.get("/admin/"))
    make.approve(envelope_of(made), make.approver())
    assert "To sign off as second person" in text_of(approver.get("/admin/"))


# -- the story of a sync ---------------------------------------------------------------------------------------


def test_tiles_narrow_the_lines_and_decisions_are_told(approver: Any, home: Any) -> None:
    wrong, right = kept(1000, home=home, cost=1), kept(1000, home=home, cost=1)
    made = sync([(wrong, 950), (right, 1000)], home=home)
    make.reject(line_of(made, wrong).proposed_action, make.approver("judge"), note="Half a pallet in the aisle")
    shown = approver.get(page("excelsync_change", made.pk) + "?outcome=review")
    assert codes(shown) == [wrong.item_code]
    assert "judge" in text_of(shown)
    assert "“Half a pallet in the aisle”" in text_of(shown)
    assert codes(approver.get(page("excelsync_change", made.pk) + "?outcome=match")) == [right.item_code]


def test_the_story_links_what_was_posted_and_its_push(approver: Any, home: Any) -> None:
    made = sync([(kept(100, home=home, cost=1), 95)], home=home)
    said = text_of(approver.get(page("excelsync_change", made.pk)))
    assert page("adjustment_change", made.adjustments.get().pk) in said
    assert "Completed" in said


def test_the_result_workbook_tells_each_row_without_cost_or_formulas(approver: Any, home: Any) -> None:
    what, evil = kept(1000, home=home, cost=77), "=HYPERLINK(1)"
    made = sync([(what, 950), (evil, 3), (kept(10, home=home, cost=1), 10)], home=home)
    got = approver.get(page("excelsync_result", made.pk))
    assert got["Content-Disposition"] == f'attachment; filename="stock_sync_{made.pk}_result.xlsx"'
    book = openpyxl.load_workbook(io.BytesIO(got.content))
    rows = [[cell.value for cell in row] for row in book["Count"].iter_rows(min_row=2)]
    assert [row[0] for row in rows] == [2, 3, 4]
    assert rows[0][1:3] == [what.item_code, None] or rows[0][1] == what.item_code
    assert rows[0][4:8] == [950, 1000, -50, "Review"]
    assert "a person decides" in rows[0][8]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f" or "$" in str(cell.value)]


def test_an_auto_fixed_row_is_reviewed_once_by_somebody_else(approver: Any, home: Any) -> None:
    what = kept(1000, home=home, cost=1)
    made = sync([(what, 950)], home=home, by=make.approver("bringer"), auto_fix=True)
    line = line_of(made, what)
    address = page("excelsync_change", made.pk)
    assert "1 auto-fixed row waits for a later look" in text_of(approver.get(address))
    reviewed = page("excelsync_reviewed", made.pk, line.pk)
    mine = signed_in("approver")
    ExcelSync.objects.filter(pk=made.pk).update(submitted_by=mine.person)
    assert "somebody else must review" in says(mine.post(reviewed, follow=True))[-1]
    assert says(approver.post(reviewed, follow=True)) == [f"{what.item_code} is reviewed."]
    assert f"reviewed already, by {approver.person}" in says(approver.post(reviewed, follow=True))[-1]
    line.refresh_from_db()
    assert line.reviewed_by == approver.person
    assert AuditEntry.objects.filter(verb="sync_line.reviewed", entity_ref=f"sync_line:{line.pk}").count() == 1
    assert signed_in("counter").post(reviewed).status_code == 403


def test_the_last_workbook_is_looked_at_again_for_all_and_for_one_item(approver: Any, home: Any) -> None:
    what = kept(100, home=home, cost=1)
    made = sync([(what, 100), (kept(7, home=home, cost=1), 7)], home=home)
    address = page("excelsync_again", made.pk)
    assert "stock.xlsx" in text_of(approver.get(address))
    assert ExcelSync.objects.count() == 1
    again = approver.post(address, follow=True)
    assert again.redirect_chain[-1][0] == page("excelsync_change", ExcelSync.objects.latest("pk").pk)
    for path in (f"item/{what.pk}/sync", f"balance/{what.balances.get().pk}/sync"):
        button = f"/admin/inventory/{path}/"
        shown = approver.get(f"/admin/inventory/{path.rsplit('/', 1)[0]}/change/")
        assert "Sync from the last workbook" in text_of(shown)
        before = ExcelSync.objects.count()
        approver.post(button, follow=True)
        assert ExcelSync.objects.count() == before + 1
        assert [line.item for line in SyncLine.objects.filter(sync=ExcelSync.objects.latest("pk"))] == [what]


def test_an_item_that_excel_does_not_keep_is_told_so(approver: Any, home: Any) -> None:
    what = make.stock(5, home=home)
    shown = approver.post(f"/admin/inventory/item/{what.pk}/sync/")
    assert "Excel is the authority on none of it" in text_of(shown)


# -- lists, the desk, and size ---------------------------------------------------------------------------------


def test_the_list_tells_when_nothing_is_there_and_what_to_do(approver: Any) -> None:
    said = text_of(approver.get(page("excelsync_changelist")))
    assert "Upload a workbook: every row is compared with the stock" in said
    assert page("excelsync_upload") in said


def test_the_list_tells_each_sync_in_words(approver: Any, home: Any) -> None:
    sync([(kept(1000, home=home, cost=1), 950), (kept(10, home=home, cost=1), 10)], home=home)
    bring(stated(("SOON", 1), (kept(3, home=home), 3)), home=home, by=approver.person, name="soon.xlsx")
    said = text_of(approver.get(page("excelsync_changelist")))
    for word in ("1 review", "1 matches", "stock.xlsx", "“soon.xlsx” for MAIN is read and waits for you"):
        assert word in said
    listed = approver.get(page("upload_changelist"))
    assert "Stock workbook" in text_of(listed)
    upload = Upload.objects.get(file_name="soon.xlsx")
    opened = approver.get(page("upload_change", upload.pk))
    assert opened.headers["Location"] == page("excelsync_upload_preview", upload.pk)
    assert approver.get(page("upload_preview", upload.pk)).status_code == 404


def test_the_desk_of_people_who_bring_workbooks(approver: Any, counter: Any, home: Any) -> None:
    assert "No workbook was synced yet – upload the first" in text_of(counter.get("/admin/"))
    made = sync([(kept(1000, home=home, cost=1), 950)], home=home)
    assert "Last workbook" not in text_of(counter.get("/admin/"))
    ExcelSync.objects.filter(pk=made.pk).update(submitted_at=ago(days=1))
    seen, blind = text_of(approver.get("/admin/")), text_of(counter.get("/admin/"))
    assert "Last workbook: yesterday" in blind
    assert "Syncs waiting for decisions" not in seen, "it stands among what this person may decide"
    assert "1 line to decide" in seen
    assert page("excelsync_upload") in blind
    ExcelSync.objects.filter(pk=made.pk).update(submitted_by=approver.person)
    assert "Syncs waiting for decisions" in text_of(approver.get("/admin/"))
    assert "Syncs waiting for decisions" not in text_of(counter.get("/admin/"))
    make.approve(envelope_of(made), make.approver())
    assert "Syncs waiting for decisions" not in text_of(approver.get("/admin/"))


@pytest.mark.parametrize("role", ["approver", "counter"])
def test_a_preview_and_a_story_take_the_same_queries_for_50_and_500_rows(role: str, home: Any) -> None:
    client, counted = signed_in(role), []
    seed_guardrails()
    for number in (50, 500):
        place = make.zone("B", f"L{number}")
        make.ballast(place)
        rows = [(kept(1000, home=place, cost=1), 1000 - each % 200) for each in range(number)]
        stored = bring(stated(*rows), home=place, by=client.person, name=f"{number}.xlsx")
        with CaptureQueriesContext(connection) as queries:
            shown = client.get(preview(stored))
            counted.append(len(queries))
        assert len(list(shown.context["rows"])) <= 100
        client.post(page("excelsync_upload_commit", stored.pk))
        with CaptureQueriesContext(connection) as queries:
            client.get(page("excelsync_change", ExcelSync.objects.latest("pk").pk))
            counted.append(len(queries))
    assert counted[:2] == counted[2:]


@pytest.mark.slow
def test_the_preview_of_20_000_rows_stays_small(approver: Any, home: Any) -> None:
    known = kept(5, home=home, cost=1)
    rows = [(known, 5), *((f"ROW-{number:05d}", number % 50) for number in range(20_000))]
    stored = bring(stated(*rows), home=home, by=approver.person)
    shown = approver.get(preview(stored))
    assert len(shown.content) < 400_000
    assert shown.context["all_rows"] == 20_001
    assert len(list(shown.context["rows"])) == 100
