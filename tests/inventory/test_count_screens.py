"""The pages of a count, through the browser's door: both permission levels, and what each may see."""

import io
import re
import zipfile
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from approvals.models import Guardrail
from inventory.counting.planning import cancel_sheet, plan_sheet
from inventory.models import CountSheet, Upload
from tests import factories as make
from tests.inventory.spreadsheets import workbook

pytestmark = pytest.mark.django_db
LIST = "admin:inventory_countsheet_changelist"
ON_HAND = 98_765  # a number that is nowhere else


@pytest.fixture(autouse=True)
def static_folder(settings, tmp_path):
    """Made by collectstatic in real life; the middleware warns when there is none."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()


@pytest.fixture
def home(db):
    home = make.zone("A")
    for code in ("A1", "A2", "A3"):
        make.stock(ON_HAND, home=home, cost=2, code=code)
    return home


def signed_in(client, *roles):
    person = make.user("", *roles)
    person.is_staff = True
    person.save()
    client.force_login(person)
    client.person = person
    return client


@pytest.fixture
def counter(client):
    return signed_in(client, "counter")


@pytest.fixture
def approver(db):
    return signed_in(Client(), "approver")


def page(name, *args):
    return reverse(f"admin:inventory_{name}", args=args)


def file_of(*counts, name="walk.xlsx", head=()):
    rows = [("Item code", "Description", "Counted"), *[(code, "", counted) for code, counted in counts]]
    return SimpleUploadedFile(name, workbook(*head, *rows))


def upload(client, file, zone=None, **more):
    fields = {"file": file, "counted_at": "2026-01-05T07:30", "zone": zone.pk if zone else "", **more}
    return client.post(page("countsheet_upload"), fields, follow=True)


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


def says(response):
    return [str(message) for message in response.context["messages"]]


# -- upload, preview, confirm ----------------------------------------------------------------------------------


def test_upload_preview_confirm(approver, home):
    shown = upload(approver, file_of(("A1", ON_HAND), ("A2", 5), ("A3", None)), home)
    assert shown.status_code == 200
    assert "Confirm: 2 lines, 1 goes to the approver" in text_of(shown)
    assert "98,765" in text_of(shown)
    assert not CountSheet.objects.exists()
    stored = Upload.objects.get()
    done = approver.post(page("upload_confirm", stored.pk), follow=True)
    sheet = CountSheet.objects.get()
    assert done.redirect_chain[-1][0] == page("countsheet_change", sheet.pk)
    assert says(done) == [f"Sheet {sheet.code} is counted. Thank you."]
    assert (sheet.counted_by, sheet.source) == (approver.person, "upload")
    assert "Needs review" in text_of(done)


def test_a_double_click_counts_once_and_is_told_so(approver, home):
    upload(approver, file_of(("A1", 5)), home)
    confirm = page("upload_confirm", Upload.objects.get().pk)
    approver.post(confirm)
    again = approver.post(confirm, follow=True)
    assert CountSheet.objects.count() == 1
    assert "confirmed already" in says(again)[-1]


def test_every_problem_of_a_file_is_on_one_page(counter, home):
    shown = upload(counter, file_of(("A1", -1), ("NOPE", 2), ("A2", 1.5)), home)
    said = text_of(shown)
    assert "3 problems to put right" in said
    assert "negative" in said
    assert "“NOPE” is not in the catalogue" in said
    assert "A2 says 1.5" in said
    assert "Confirm" not in said
    stored = Upload.objects.get()
    assert (stored.status, bool(stored.file)) == ("refused", False)


def test_the_same_file_again_links_to_the_first_sheet(counter, home):
    first = file_of(("A1", 5))
    upload(counter, first, home)
    counter.post(page("upload_confirm", Upload.objects.get().pk))
    first.seek(0)
    shown = upload(counter, first, home)
    assert page("countsheet_change", CountSheet.objects.get().pk) in text_of(shown)


def test_discarding_leaves_nothing(counter, home):
    upload(counter, file_of(("A1", 5)), home)
    done = counter.post(page("upload_discard", Upload.objects.get().pk), follow=True)
    assert "is discarded" in says(done)[0]
    assert not CountSheet.objects.exists()
    assert "discarded" in text_of(counter.get(page("upload_preview", Upload.objects.get().pk)))


def test_a_previewed_count_waits_on_the_list(counter, home):
    upload(counter, file_of(("A1", 5), name="Monday walk.xlsx"), home)
    assert "“Monday walk.xlsx” for MAIN / A waits for your confirmation" in text_of(counter.get(reverse(LIST)))


def test_the_form_says_what_is_missing(counter, home):
    shown = counter.post(page("countsheet_upload"), {"counted_at": "soon"})
    assert "Choose the file with the counts." in text_of(shown)
    assert "Enter a date and a time" in text_of(shown)
    assert not Upload.objects.exists()


def test_long_previews_come_in_pages_with_differences_first(approver, home):
    codes = [f"L{n:04d}" for n in range(510)]
    for code in codes:
        make.stock(4, home=home, code=code)
    shown = upload(approver, file_of(*[(code, 4) for code in codes[:-1]], (codes[-1], 3)), home)
    rows = shown.context["rows"]
    assert len(rows) == 500
    assert rows[0].line.item_code == codes[-1]
    rest = approver.get(page("upload_preview", Upload.objects.get().pk), {"p": 2})
    assert len(rest.context["rows"]) == 10


# -- counting is blind ----------------------------------------------------------------------------------------


def whole_visit(client, home):
    """Every page a counter meets from the list to the counted sheet, as one text."""
    planned = plan_sheet(zone=home, by=client.person)
    seen = [client.get(reverse(LIST)), client.get(page("countsheet_change", planned.pk))]
    seen.append(client.get(page("countsheet_type", planned.pk)))
    seen.append(upload(client, file_of(("A1", 7), ("A2", 8), ("A3", None)), home))
    seen.append(client.post(page("upload_confirm", Upload.objects.get().pk), follow=True))
    seen.append(client.get(reverse(LIST)))
    assert {response.status_code for response in seen} == {200}
    return " ".join(text_of(response) for response in seen)


def test_a_counter_never_sees_what_is_expected(counter, home):
    everything = whole_visit(counter, home)
    assert "Confirm: 2 lines counted, 1 not counted" in everything
    shown = re.sub(r"<(style|script).*?</\1>", "", everything)
    for told in ("98765", "98,765", "98 765", "Expected", "ariance", "guardrail", "Matches", "approver"):
        assert told not in shown, told
    assert not re.search(r"\$\d", shown)


def test_the_approver_does_see_it(approver, home):
    everything = whole_visit(approver, home)
    assert "98,765" in everything
    assert "Gross variance" in everything


def test_a_downloaded_walk_sheet_holds_no_expected_quantity(counter, home):
    planned = plan_sheet(zone=home, by=counter.person)
    answer = counter.get(page("countsheet_print", planned.pk, "xlsx"))
    assert f"walk-sheet-{planned.code}.xlsx" in answer["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        parts = [archive.read(name) for name in archive.namelist()]
    assert any(planned.code.encode() in part for part in parts)
    assert not any(b"98765" in part for part in parts)
    pdf = counter.get(page("countsheet_print", planned.pk, "pdf"))
    assert pdf["Content-Type"] == "application/pdf"
    assert b"98765" not in pdf.content


# -- who may ---------------------------------------------------------------------------------------------------


@pytest.fixture
def previewed(home):
    client = signed_in(Client(), "counter")
    upload(client, file_of(("A1", 5)), home)
    return Upload.objects.get()


def test_without_the_permission_every_door_is_closed(client, home, previewed):
    signed_in(client, "auditor")
    planned = plan_sheet(zone=home, by=client.person)
    doors = [
        page("countsheet_upload"),
        page("countsheet_new"),
        page("countsheet_upload_for", planned.pk),
        page("countsheet_type", planned.pk),
        page("countsheet_cancel", planned.pk),
        page("upload_confirm", previewed.pk),
        page("upload_discard", previewed.pk),
    ]
    assert {door: client.post(door).status_code for door in doors} == dict.fromkeys(doors, 403)
    planned.refresh_from_db()
    previewed.refresh_from_db()
    assert (planned.status, previewed.status) == ("planned", "previewed")


def test_an_auditor_reads_but_has_no_buttons(client, home, previewed):
    signed_in(client, "auditor")
    shown = text_of(client.get(page("upload_preview", previewed.pk)))
    assert "98,765" in shown
    assert page("upload_confirm", previewed.pk) not in shown
    assert "Upload a walk-sheet" not in text_of(client.get(reverse(LIST)))


def test_a_quote_manager_gets_nothing(client, home, previewed):
    signed_in(client, "quote manager")
    planned = plan_sheet(zone=home, by=client.person)
    doors = [
        reverse(LIST),
        page("countsheet_change", planned.pk),
        page("countsheet_print", planned.pk, "xlsx"),
        page("upload_preview", previewed.pk),
        page("upload_change", previewed.pk),
    ]
    assert {door: client.get(door).status_code for door in doors} == dict.fromkeys(doors, 403)


def test_somebody_else_cannot_confirm(approver, home, previewed):
    answer = approver.post(page("upload_confirm", previewed.pk), follow=True)
    assert "who alone may confirm it" in says(answer)[0]
    assert not CountSheet.objects.exists()


def test_looking_changes_nothing(counter, home, previewed):
    for name in ("upload_confirm", "upload_discard"):
        assert counter.get(page(name, previewed.pk)).status_code == 405
    planned = plan_sheet(zone=home, by=counter.person)
    counter.get(page("countsheet_cancel", planned.pk))
    planned.refresh_from_db()
    assert planned.status == "planned"


# -- type it in, recount, cancel, put out ----------------------------------------------------------------------


def typed(client, sheet, **counts):
    fields = {f"count-{code}": value for code, value in counts.items()}
    return client.post(page("countsheet_type", sheet.pk), {"counted_at": "2026-01-05T07:30", **fields}, follow=True)


def test_a_count_is_typed_in_previewed_and_confirmed(counter, home):
    planned = plan_sheet(zone=home, by=counter.person)
    form = counter.get(page("countsheet_type", planned.pk))
    assert [entry.code for entry in form.context["listed"]] == ["A1", "A2", "A3"]
    typed(counter, planned, A1="0", A2="12", A3="")
    counter.post(page("upload_confirm", Upload.objects.get().pk))
    planned.refresh_from_db()
    lines = {line.item.item_code: line.counted for line in planned.lines.select_related("item")}
    assert (planned.source, lines) == ("typed", {"A1": Decimal(0), "A2": Decimal(12), "A3": None})


def test_typed_mistakes_are_all_shown_and_what_was_typed_stays(counter, home):
    planned = plan_sheet(zone=home, by=counter.person)
    shown = typed(counter, planned, A1="3,5", A2="-1", A3="12")
    assert len(shown.context["problems"]) == 2
    assert "A1: “3,5” is not a quantity." in shown.context["problems"][0]
    assert 'value="12"' in text_of(shown)
    assert not Upload.objects.exists()


def test_something_found_that_is_not_listed(counter, home):
    make.item("Z9")
    planned = plan_sheet(zone=home, by=counter.person)
    fields = {"counted_at": "2026-01-05T07:30", "extra-code-1": "Z9", "extra-count-1": "4", "extra-count-2": "5"}
    shown = counter.post(page("countsheet_type", planned.pk), fields)
    assert shown.context["problems"] == ["A quantity of 5 has no item code. Write the code beside it."]
    del fields["extra-count-2"]
    counter.post(page("countsheet_type", planned.pk), fields)
    counted = {line[0]: line[1] for line in Upload.objects.get().reading["lines"]}
    assert counted == {"A1": None, "A2": None, "A3": None, "Z9": "4"}


def test_a_recount_is_entered_on_the_sheets_page(counter, home):
    sheet = make.count(home, [(make.stock(100, home=home, code="R1"), 150)])
    boss = make.approver()
    what = sheet.lines.get(item__item_code="R1").item
    waiting = make.send_back(sheet, what, boss)
    assert "Recount asked for" in text_of(counter.get(page("countsheet_change", sheet.pk)))
    recount = page("countsheet_recount", sheet.pk, waiting.pk)
    now_text = counter.get(page("countsheet_change", sheet.pk)).context["time_form"]["counted_at"].value()
    fields = {"counted_at": f"{now_text:%Y-%m-%dT%H:%M}"}
    refused = counter.post(recount, {**fields, "counted": ""}, follow=True)
    assert "Nothing was typed" in says(refused)[0]
    done = counter.post(recount, {**fields, "counted": "149"}, follow=True)
    assert says(done) == ["The recount of R1 is entered."]
    waiting.refresh_from_db()
    assert waiting.counted == 149
    again = counter.post(recount, {**fields, "counted": "148"}, follow=True)
    assert "was entered already" in says(again)[0]


def test_cancelling_asks_first(counter, home):
    planned = plan_sheet(zone=home, by=counter.person)
    assert "can no longer be uploaded" in text_of(counter.get(page("countsheet_cancel", planned.pk)))
    counter.post(page("countsheet_cancel", planned.pk))
    planned.refresh_from_db()
    assert planned.status == "cancelled"
    again = counter.post(page("countsheet_cancel", planned.pk))
    assert "was counted or cancelled already" in text_of(again)
    printed = counter.get(page("countsheet_print", planned.pk, "xlsx"), follow=True)
    assert "is cancelled already" in says(printed)[0]
    assert "is cancelled already" in says(counter.get(page("countsheet_type", planned.pk), follow=True))[0]


def test_a_zone_is_put_out_once(counter, home):
    for _ in range(2):
        answer = counter.post(page("countsheet_new"), {"zone": home.pk})
    sheet = CountSheet.objects.get()
    assert answer.url == page("countsheet_change", sheet.pk)


# -- the list and the story ------------------------------------------------------------------------------------


def test_to_be_counted_comes_first_and_filters_work(approver, home):
    plan_sheet(zone=home, by=approver.person)
    counted = make.count(make.zone("B"), [(make.stock(5, home=make.zone("B")), 5)])
    cancelled = plan_sheet(zone=make.zone("C"), by=approver.person)
    cancel_sheet(sheet=cancelled, by=approver.person)
    rows = approver.get(reverse(LIST)).context["cl"].result_list
    assert rows[0].status == "planned"
    only = approver.get(reverse(LIST), {"status__exact": "counted"}).context["cl"].result_list
    assert [row.pk for row in only] == [counted.pk]


def queries_of(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_the_list_and_the_story_take_the_same_queries_for_few_and_many(approver, home):
    what = make.stock(5, home=home, code="Q0")
    sheet = make.count(home, [(what, 5)])
    few = queries_of(approver, reverse(LIST)), queries_of(approver, page("countsheet_change", sheet.pk))
    more = [make.stock(5, home=home, code=f"Q{n}") for n in range(1, 12)]
    for number in range(5):
        sheet = make.count(home, [(each, 5 + number) for each in more])
    many = queries_of(approver, reverse(LIST)), queries_of(approver, page("countsheet_change", sheet.pk))
    assert many[0] == few[0]
    assert many[1] <= few[1] + 2  # the envelope and its sign-off


def test_the_story_of_a_counted_sheet(approver, home):
    Guardrail.objects.all().delete()
    sheet = make.count(home, [(make.stock(142, home=home, cost=35, code="W1"), 184)])
    said = text_of(approver.get(page("countsheet_change", sheet.pk)))
    for part in ("+42", "+29.58 %", "$1,470.00", "Needs review", "Not on the sheet", "1 lines to decide"):
        assert part in said
    assert reverse("admin:approvals_workflowrun_change", args=(sheet.run_id,)) in said
    assert reverse("admin:approvals_proposedaction_change", args=(make.envelope_of(sheet).pk,)) in said
    make.approve(make.envelope_of(sheet), make.approver("judge"))
    said = text_of(approver.get(page("countsheet_change", sheet.pk)))
    assert "judge" in said
    assert "On its way to NetSuite" in said
    alone = approver.get(page("countsheet_change", sheet.pk), {"group": "not_on_sheet"})
    assert [group.key for group in alone.context["groups"]] == ["not_on_sheet"]


@pytest.mark.parametrize("name", ["countsheet_change", "upload_change"])
@pytest.mark.parametrize("pk", ["999999", "nonsense"])
def test_a_page_that_is_not_there_is_a_message(counter, name, pk):
    answer = counter.get(page(name, pk), follow=True)
    assert answer.status_code == 200
    assert "doesn’t exist" in says(answer)[0]
