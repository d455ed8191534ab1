"""Reading NetSuite's tables: all of it, in pages, or nothing and a sentence."""

from decimal import Decimal

import pytest

from netsuite.configuration import NotConnected
from netsuite.outcomes import AuthStop, Rejected, Throttled
from netsuite.queries import Paging, Query, QueryFailed, ResultShifted
from netsuite.snapshots import RemoteBalance, read_balances, read_items, read_locations, reader

SMALL = Paging(page=10, most_rows=30)


@pytest.fixture
def stocked(simulator):
    """57 items in two places: 114 balances, 12 pages of ten, four queries of thirty."""
    simulator.control.seed(
        locations=[{"id": "5", "name": "MAIN"}, {"id": "6", "name": "EAST"}],
        items=[{"itemid": f"I{number:03}"} for number in range(57)],
        balances=[
            {"item": f"I{number:03}", "location": place, "quantity": f"{number}.5"}
            for number in range(57)
            for place in ("MAIN", "EAST")
        ],
    )
    return simulator


def queries(simulator):
    return [row for row in simulator.control.requests() if row["route"] == "suiteql"]


def as_pairs(rows):
    return {(row.item, row.location): row.on_hand for row in rows}


@pytest.mark.parametrize("paging", [Paging(), Paging(page=10), SMALL, Paging(page=57, most_rows=57)])
def test_every_balance_comes_once_however_the_pages_are_cut(stocked, paging):
    rows = read_balances(reader(paging))
    assert len(rows) == 114
    wanted = {(f"I{n:03}", place): Decimal(n) + Decimal("0.5") for n in range(57) for place in ("MAIN", "EAST")}
    assert as_pairs(rows) == wanted


def test_offsets_go_as_far_as_netsuite_lets_them_and_then_the_last_key_goes_on(stocked):
    read_balances(reader(SMALL))
    offsets = [int(row["path"].rpartition("offset=")[2]) for row in queries(stocked)]
    assert offsets == [0, 10, 20] * 4
    assert {row["status"] for row in queries(stocked)} == {200}


def test_an_empty_account_has_no_balances(simulator):
    assert read_balances(reader()) == []


def test_balances_are_rounded_to_our_three_places_and_name_both_ids_and_codes(simulator):
    simulator.control.seed(
        locations=[{"id": "5", "name": "MAIN"}],
        items=[{"id": "77", "itemid": "000123"}],
        balances=[{"item": "000123", "location": "MAIN", "quantity": "2.33335"}],
    )
    assert read_balances(reader()) == [RemoteBalance("77", "5", "000123", "MAIN", Decimal("2.333"))]


@pytest.mark.parametrize("how", ["vanish", "repeat"])
def test_rows_that_move_between_two_pages_refuse_the_whole_reading(stocked, how):
    stocked.control.add_fault("snapshot_shift", route="suiteql", nth=4, value=how)
    with pytest.raises(ResultShifted, match="nothing was taken"):
        read_balances(reader(Paging(page=10)))
    assert not stocked.control.unused_faults()


def test_a_row_that_left_for_good_while_pages_were_read_took_its_neighbour_along(stocked):
    """113 rows, no two alike, and one of them was never sent: only the changed total tells."""
    stocked.control.add_fault("snapshot_shift", route="suiteql", nth=4, count=None)
    with pytest.raises(ResultShifted, match="114 rows, then 113"):
        read_balances(reader(Paging(page=10)))


def test_rows_that_vanish_between_two_queries_refuse_the_whole_reading(stocked):
    stocked.control.add_fault("snapshot_shift", route="suiteql", nth=4, count=3, value="vanish")
    with pytest.raises(ResultShifted, match="84 rows, then 83"):
        read_balances(reader(SMALL))


@pytest.mark.parametrize("effect", ["throttle", "http_500_before", "html_502", "http_503", "truncated_body"])
def test_a_page_that_fails_is_asked_for_again(stocked, effect):
    stocked.control.add_fault(effect, route="suiteql", nth=3, count=2)
    assert len(read_balances(reader(Paging(page=20)))) == 114
    assert not stocked.control.unused_faults()
    assert len(queries(stocked)) == 6 + 2


def test_a_reset_connection_is_no_reason_to_give_up(stocked):
    stocked.control.add_fault("reset_after_commit", route="suiteql", nth=2)
    assert len(read_balances(reader(Paging(page=50)))) == 114


def test_four_throttled_answers_in_a_row_end_it_with_a_sentence(stocked):
    stocked.control.set_concurrency(slots=5, background_load=5)
    try:
        with pytest.raises(QueryFailed, match="could not be asked for balances") as caught:
            read_balances(reader())
    finally:
        stocked.control.set_concurrency(background_load=0)
    assert isinstance(caught.value.outcome, Throttled)
    assert [row["status"] for row in queries(stocked)] == [429] * 4


def test_a_refused_login_is_never_tried_twice(stocked):
    stocked.control.add_fault("auth_revoke", route="suiteql")
    with pytest.raises(QueryFailed) as caught:
        read_balances(reader())
    assert isinstance(caught.value.outcome, AuthStop)
    assert len(stocked.control.audit_trail()) == 1


def test_a_query_netsuite_cannot_read_is_not_repeated(stocked):
    wrong = Query(what="colours", select="i.colour", source="item i", keys=(("i.id", "id"),))
    with pytest.raises(QueryFailed, match="Unknown identifier 'i.colour'") as caught:
        reader().read(wrong)
    assert isinstance(caught.value.outcome, Rejected)
    assert len(queries(stocked)) == 1


def test_a_role_that_lost_permission_gets_fewer_rows_and_no_error(stocked):
    stocked.control.add_fault("permission_drop", route="suiteql", value="0.5", count=None)
    assert len(read_balances(reader(Paging(page=10)))) == 57


def test_items_and_locations_with_what_a_first_import_needs(simulator):
    simulator.control.seed(
        locations=[{"id": "5", "name": "MAIN"}, {"id": "6", "name": "OLD", "inactive": True}],
        items=[
            {"id": "77", "itemid": "000123", "displayname": "Apple juice", "unit": "Case", "average_cost": "12.34567"},
            {"id": "78", "itemid": "GONE", "inactive": True},
            {"id": "79", "itemid": "HAULAGE", "itemtype": "Service"},
        ],
    )
    apple, gone = read_items(reader())
    assert (apple.internal_id, apple.code, apple.description, apple.unit) == ("77", "000123", "Apple juice", "Case")
    assert apple.cost == Decimal("12.3457")
    assert (apple.is_active, gone.is_active) == (True, False)
    assert [(place.internal_id, place.name, place.is_active) for place in read_locations(reader())] == [
        ("5", "MAIN", True),
        ("6", "OLD", False),
    ]


def test_without_an_address_nothing_is_asked(settings):
    settings.NETSUITE_REST_BASE_URL = ""
    with pytest.raises(NotConnected, match="NETSUITE_REST_BASE_URL is empty"):
        reader()


@pytest.mark.parametrize("value", ["sideways", "2"])
def test_a_fault_with_a_value_it_does_not_know_is_refused(simulator, value):
    with pytest.raises(Exception, match="value of"):
        simulator.control.add_fault("permission_drop" if value == "2" else "snapshot_shift", value=value)
