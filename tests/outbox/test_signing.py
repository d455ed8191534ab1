"""Signatures and addresses: what others must be able to rely on, and what must not be called."""

import pytest

from approvals.outbox.addresses import check_address, is_public_text, objection_to_sending
from approvals.outbox.retrying import SCHEDULE, Outcome, rest_after, wait_after
from approvals.outbox.signing import new_secret, sign
from approvals.refusals import Refused
from approvals.sealing import Unreadable, seal, unseal


def test_the_published_example():
    signature = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_new_secrets_are_of_the_published_form_and_differ():
    one, other = new_secret(), new_secret()
    assert one != other
    assert one.startswith("whsec_")
    assert len(one) == len("whsec_") + 44


PRIVATE = [
    "10.1.2.3", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:10.0.0.1",
    "64:ff9b::a9fe:a9fe", "2002:a00:1::", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_inside_a_network_is_refused_however_it_is_written(address, settings):
    settings.EVENTS_ALLOWED_HOSTS = []
    assert not is_public_text(address)
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(Refused, match="inside a network"):
        check_address(f"https://{host}/events")


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_a_public_address_is_fine(address):
    assert is_public_text(address)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.com/", "by https only"),
        ("https://me:secret@example.com/", "without a user name"),
        ("https://example.com/#part", "fragment"),
        ("ftp://example.com/", "not an address"),
        ("https:///nowhere", "not an address"),
        ("https://example.com:99999/", "not an address"),
        ("https://[::1/", "not an address"),
        ("", "not an address"),
    ],
)
def test_what_is_no_address_for_events_is_refused_with_the_reason(url, said, settings):
    settings.EVENTS_ALLOWED_HOSTS = []
    with pytest.raises(Refused, match=said):
        check_address(url)


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1"])
def test_a_name_that_leads_inside_is_refused_when_it_is_called(host, settings):
    """Also numbers that the name service reads as addresses."""
    settings.EVENTS_ALLOWED_HOSTS = []
    assert "inside a network" in objection_to_sending(f"https://{host}/events")
    settings.EVENTS_ALLOWED_HOSTS = [host]
    assert objection_to_sending(f"http://{host}/events") == ""


def test_the_schedule_is_the_published_one_and_then_ends():
    failure = Outcome(500, "")
    hours = [wait_after(n, failure).total_seconds() / 3600 for n in range(len(SCHEDULE))]
    assert hours == [0, 5 / 3600, 300 / 3600, 0.5, 2, 5, 10, 14, 20, 24]
    assert wait_after(len(SCHEDULE), failure) is None


def test_a_rest_doubles_to_five_minutes():
    assert [rest_after(n, Outcome(None, "")).total_seconds() for n in (1, 2, 3, 7, 8, 500)] == [
        5,
        10,
        20,
        300,
        300,
        300,
    ]


def test_what_is_sealed_opens_under_an_older_key_and_under_no_other(settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "old", []
    sealed = seal("whsec_abc")
    assert "abc" not in sealed
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
    assert unseal(sealed) == "whsec_abc"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Unreadable):
        unseal(sealed)
