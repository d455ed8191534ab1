"""The audit chain: every way to alter the past is seen and named."""

import pytest
from django.db import connection

from approvals import audit
from approvals.models import AuditEntry, AuditHead
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def ten(db):
    """Ten entries by somebody."""
    actor = make.user("Ada")
    for n in range(1, 11):
        audit.append(actor=actor, verb=f"did.{n}", entity_ref=f"thing:{n}", details={"n": n, "why": "größer"})
    assert audit.first_bad_entry() is None


def sql(text, *values):
    """What somebody with a database shell would do."""
    with connection.cursor() as cursor:
        cursor.execute(text, values)


def said() -> str:
    return audit.first_bad_entry() or ""


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor_name", "Bob"),
        ("verb", "did.99"),
        ("entity_ref", "thing:99"),
        ("details", '{"n": 99}'),
        ("at", "2020-01-01 00:00:00+00:00"),
        ("previous_hash", "f" * 64),
        ("hash", "f" * 64),
    ],
)
def test_a_changed_entry_is_named(ten, column, value):
    sql(f"UPDATE approvals_auditentry SET {column} = %s WHERE number = 4", value)
    assert said().startswith("Audit entry 4 (")


def test_an_entry_given_to_somebody_else_is_named(ten):
    sql("UPDATE approvals_auditentry SET actor_id = %s WHERE number = 4", make.user().pk)
    assert "entry 4 " in said()


def test_a_deleted_entry_is_named(ten):
    sql("DELETE FROM approvals_auditentry WHERE number = 4")
    assert audit.first_bad_entry() == "Audit entry 4 is missing (found 5 in its place)."


def test_swapped_entries_are_named(ten):
    for before, after in ((4, 99), (5, 4), (99, 5)):
        sql("UPDATE approvals_auditentry SET number = %s WHERE number = %s", after, before)
    assert "entry 4 " in said()


@pytest.mark.parametrize("remains", [9, 1, 0])
def test_a_cut_tail_is_named(ten, remains):
    sql("DELETE FROM approvals_auditentry WHERE number > %s", remains)
    assert said().startswith(f"The audit trail ends at entry {remains}, but 10 were written")


def test_a_forged_entry_behind_the_end_is_named(ten):
    last = AuditEntry.objects.get(number=10)
    forged = AuditEntry(number=11, at=last.at, actor_name="Bob", verb="did.11", previous_hash=last.hash)
    forged.hash = audit.hash_of(forged)
    forged.save()
    assert "entry 11 was added" in said()


def test_a_forged_entry_in_the_middle_is_named(ten):
    sql("DELETE FROM approvals_auditentry WHERE number = 4")
    third = AuditEntry.objects.get(number=3)
    forged = AuditEntry(number=4, at=third.at, actor_name="Bob", verb="did.4", previous_hash=third.hash)
    forged.hash = audit.hash_of(forged)
    forged.save()
    assert "entry 5 " in said()


def test_a_removed_head_is_named(ten):
    AuditHead.objects.all().delete()
    assert "head row is missing" in said()


def test_the_program_itself_cannot_change_or_delete_an_entry(ten):
    entry = AuditEntry.objects.get(number=4)
    with pytest.raises(TypeError, match="append-only"):
        entry.save()
    with pytest.raises(TypeError, match="append-only"):
        entry.delete()


def test_an_empty_trail_is_whole(db):
    assert audit.first_bad_entry() is None
