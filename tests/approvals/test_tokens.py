"""X-Edit-Token: acts for its person while it lives, and never lies in the database."""

from datetime import timedelta

import pytest

from approvals.clock import at, now
from approvals.models import EditToken
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued(db):
    person = make.user("Ada")
    row, text = EditToken.issue(user=person, label="Scanner")
    return person, row, text


def test_a_token_stands_for_its_person(issued):
    person, row, text = issued
    assert EditToken.user_for(text) == person
    row.refresh_from_db()
    assert row.last_used_at is not None


def test_the_text_is_not_stored(issued):
    _, row, text = issued
    stored = " ".join(str(value) for value in EditToken.objects.values().get().values())
    assert text not in stored
    assert text.startswith(row.hint)
    assert len(row.hint) < len(text) / 4


def test_two_tokens_differ(issued):
    person, _, text = issued
    assert EditToken.issue(user=person, label="Other")[1] != text


@pytest.mark.parametrize("text", ["", "cst_", "cst_wrong", "Ada"])
def test_a_wrong_text_stands_for_nobody(issued, text):
    assert EditToken.user_for(text) is None


def test_the_hash_itself_opens_nothing(issued):
    assert EditToken.user_for(issued[1].hashed) is None


def test_an_expired_token_stands_for_nobody(issued):
    person, row, text = issued
    with at(row.expires_at - timedelta(seconds=1)):
        assert EditToken.user_for(text) == person
    with at(row.expires_at):
        assert EditToken.user_for(text) is None


def test_a_revoked_token_stands_for_nobody_and_keeps_its_time(issued):
    _, row, text = issued
    row.revoke()
    first = row.revoked_at
    with at(now() + timedelta(days=1)):
        row.revoke()
    assert row.revoked_at == first
    assert EditToken.user_for(text) is None


def test_a_person_who_left_is_nobody(issued):
    person, _, text = issued
    person.is_active = False
    person.save()
    assert EditToken.user_for(text) is None
