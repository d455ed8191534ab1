"""The table of error classes beside the review it was made from, and the page people read."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from netsuite.error_classes import CLASS_WORDS, RULES, Channel, ErrorClass
from netsuite.retry import Signal, classify, find_rule

PAGE = Path(__file__).resolve().parents[2] / "docs" / "netsuite" / "errors.md"

# Written down from NetSuite's error tables, independently of the code.
REVIEWED: dict[ErrorClass, str] = {
    ErrorClass.THROTTLE: (
        "SSS_REQUEST_LIMIT_EXCEEDED CONCURRENCY_LIMIT_EXCEEDED EXCEEDED_MAX_CONCUR_RQST WS_CONCUR_SESSION_DISALLWD "
        "WS_REQUEST_BLOCKED"
    ),
    ErrorClass.UNKNOWN: (
        "SSS_TIME_LIMIT_EXCEEDED SSS_REQUEST_TIME_EXCEEDED SSS_CONNECTION_TIME_OUT SSS_SEARCH_TIMEOUT "
        "SSS_USAGE_LIMIT_EXCEEDED SSS_INSTRUCTION_COUNT_EXCEEDED SSS_MEMORY_USAGE_EXCEEDED UNEXPECTED_ERROR"
    ),
    ErrorClass.STOP_AUTH: (
        "INVALID_LOGIN_ATTEMPT INVALID_LOGIN INVALID_LOGIN_CREDENTIALS TWO_FA_REQD INVALID_LOGIN_IP LOGIN_DISABLED "
        "USER_DISABLED invalid_grant invalid_client"
    ),
    ErrorClass.STOP_CONFIG: (
        "INVALID_REQUEST SSS_INVALID_SCRIPTLET_ID INVALID_CONTENT_TYPE FEATURE_DISABLED FeatureDisabled"
    ),
    ErrorClass.DUPLICATE: "DUP_RCRD UNIQUE_RCRD_ID_REQD DUP_RCRD_LINK NONUNIQUE_INDEX_VALUE IDEMPOTENCY_ERROR",
    ErrorClass.RETRY: "RCRD_HAS_BEEN_CHANGED RCRD_EDITED_SINCE_RETRIEVED",
    ErrorClass.LATER: "RCRD_LOCKED_BY_WF RCRD_UNEDITABLE NOT_IN_INVT ITEM_IS_UNAVAILABLE",
    ErrorClass.NEEDS_HUMAN: (
        "INSUFFICIENT_PERMISSION PERMISSION_VIOLATION DUP_CSTM_RCRD_ENTRY "
        "TRAN_PERIOD_CLOSED TRAN_PRD_CLOSED CLOSED_TRAN_PRD TRANS_EDIT_DISALLWD VALID_PRD_REQD "
        "INVALID_TRANSACTIO_DATE UNDEFINED_ACCTNG_PRD DATEPERIODMISMATCH INVALID_TRANSACTION_DATE "
        "INVALID_KEY_OR_REF INVALID_RCRD_REF INVALID_REF_KEY INVALID_FLD_VALUE INVALID_CONTENT "
        "INVALID_TRANS_SUB_ITEM INVALID_TRANS_SUB_LOC INVALID_TRANS_SUB_ACCT INVALID_TRANS_SUB_ENTITY INVALID_SUB "
        "INVALID_LOC_SUB_RESTRICTN INVALID_TRAN_ITEM_LINE RCRD_SUB_MISMATCH_WITH_CLASS "
        "INVALID_ADJUSTMENT_ACCT INVALID_ACCT_TYP ITEM_ACCT_REQD "
        "MISSING_REQD_FLD USER_ERROR LIST_ID_REQD VALID_LINE_ITEM_REQD TRAN_DATE_REQD LOCATION_REQD MLI_REQD "
        "NUM_ITEMS_GRTR_THAN_QTY NUM_ITEMS_NOT_EQUAL_TO_QTY INVENTORY_NUM_DISALLWD INTEGER_REQD_FOR_QTY "
        "INVALID_QUANTITY INVALID_LOT_NUM_FORMAT INVALID_SERIAL_OR_LOT_NUMBER POSITIVE_BIN_QTY_REQD "
        "INVALID_QTY ITEM_QTY_AMT_MISMATCH POSITIVE_UNITCOST_REQD "
        "PARSING_ERROR INVALID_NUMBER INVALID_DATE_FORMAT INVALID_BOOLEAN_VALUE INVALID_CSTM_FIELD_REF "
        "RCRD_DSNT_EXIST NONEXISTENT_ID RCRD_PREVSLY_DELETED TRANSACTION_DELETED "
        "STORAGE_LIMIT_EXCEEDED MAX_RCRDS_EXCEEDED NEVER_SEEN_BEFORE"
    ),
}


def answer(status: int, code: str = "", message: str = "") -> Signal:
    return Signal(Channel.ANSWER, status, code, message)


@pytest.mark.parametrize("expected", REVIEWED, ids=str)
def test_every_code_of_the_review_has_its_class(expected):
    assert {code: classify(answer(400, code)) for code in REVIEWED[expected].split()} == dict.fromkeys(
        REVIEWED[expected].split(), expected
    )


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Concurrent request limit exceeded. Request blocked.", ErrorClass.THROTTLE),
        ("This record already exists", ErrorClass.DUPLICATE),
        ("The record is locked by a user", ErrorClass.LATER),
        ("This record has been locked by a user defined workflow.", ErrorClass.LATER),
        ("You do not have enough of this item on hand.", ErrorClass.LATER),
        ("No valid, open, posting period for date 2026-01-31", ErrorClass.NEEDS_HUMAN),
        ("The posting period is locked", ErrorClass.NEEDS_HUMAN),
        ("Please enter value(s) for: Account", ErrorClass.NEEDS_HUMAN),
        ("Please configure the inventory detail in line 3 of the adjustment.", ErrorClass.NEEDS_HUMAN),
        ("Something nobody has read yet", ErrorClass.NEEDS_HUMAN),
    ],
)
def test_where_netsuite_says_only_user_error_the_text_decides(message, expected):
    assert classify(answer(400, "USER_ERROR", message)) is expected


def test_a_refused_login_stays_one_whatever_its_text_says():
    """Hourly retries of a locked login would lock it again and again."""
    assert classify(answer(401, "", "Your account is locked")) is ErrorClass.STOP_AUTH
    assert classify(answer(403, "", "locked by an administrator")) is ErrorClass.STOP_AUTH


def test_only_period_and_date_refusals_may_be_cured_by_another_date():
    about_date = {code for rule in RULES if rule.is_about_date for code in rule.codes}
    assert "TRAN_PERIOD_CLOSED" in about_date
    assert "INVALID_TRANSACTION_DATE" in about_date
    assert find_rule(answer(400, "USER_ERROR", "The accounting period is closed.")).is_about_date
    assert not find_rule(answer(400, "INVALID_KEY_OR_REF")).is_about_date


def test_the_printed_page_is_up_to_date_and_says_what_to_do(capsys):
    call_command("netsuite_errors")
    printed = capsys.readouterr().out
    assert PAGE.read_text(encoding="utf-8") == printed, "run manage.py netsuite_errors --write"
    call_command("netsuite_errors", "--check")
    for rule in RULES:
        assert rule.cure in printed
        assert all(f"`{code}`" in printed for code in rule.codes)
    assert set(CLASS_WORDS) == set(ErrorClass)
    assert all(name in printed for name, _ in CLASS_WORDS.values())


def test_a_page_somebody_edited_by_hand_is_noticed(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    with pytest.raises(CommandError, match="not up to date"):
        call_command("netsuite_errors", "--check")
    (tmp_path / "docs" / "netsuite").mkdir(parents=True)
    call_command("netsuite_errors", "--write")
    call_command("netsuite_errors", "--check")
    (tmp_path / "docs" / "netsuite" / "errors.md").write_text("Edited.", encoding="utf-8")
    with pytest.raises(CommandError, match="not up to date"):
        call_command("netsuite_errors", "--check")
