"""What each thing NetSuite can say means for us, as one table to read and review.

Sources: NetSuite help, "SuiteTalk error status codes" (section_N3539978), "RESTlet status codes"
(section_4634920277), "Concurrency governance" (bridgehead_1525252812), "REST web services errors"
(section_156570709583). Which class a signal belongs to is our judgement. A code decides before a text, a text
before an HTTP status, because a RESTlet answers HTTP 400 for throttling and for a wrong item alike.
"""

from dataclasses import dataclass
from enum import StrEnum


class ErrorClass(StrEnum):
    RETRY = "retry"
    """Certainly not executed: send again, the attempt counts."""
    THROTTLE = "throttle"
    """Turned away before execution: wait, no attempt used."""
    UNKNOWN = "unknown"
    """May or may not be recorded: look up by external id before anything else."""
    DUPLICATE = "duplicate"
    """NetSuite says it already has it: look up and compare the payload hash."""
    NEEDS_HUMAN = "needs_human"
    """Refused for a reason that repeats until somebody changes something."""
    STOP_AUTH = "stop_auth"
    """Login refused. Five failures lock the integration user for 30 minutes: stop everything."""
    STOP_CONFIG = "stop_config"
    """Our address, script or header is wrong; every push would fail alike: stop everything."""
    LATER = "later"
    """Somebody else's lock or a receipt still to come: try again each hour, use no attempt."""


class Channel(StrEnum):
    """How the answer reached us, before anything in it is read."""

    NOT_SENT = "not_sent"
    """Connection refused, name not found, TLS refused: no byte of the request left."""
    NO_ANSWER = "no_answer"
    """Time-out, reset or an empty reply after bytes were sent."""
    ANSWER = "answer"
    """An HTTP status came back."""


@dataclass(frozen=True)
class Rule:
    error_class: ErrorClass
    codes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    when_absent: ErrorClass = ErrorClass.RETRY
    """For UNKNOWN and DUPLICATE: what to do once look-ups keep finding nothing."""
    may_be_recorded: bool = False
    """The class decides waiting and counting, but a look-up is still due before the next send."""
    stops_when_repeated: bool = False
    """Two pushes in a row refused like this: the role or the set-up is wrong, not the record."""


RULES: tuple[Rule, ...] = (
    # Turned away for load, before execution.
    Rule(
        ErrorClass.THROTTLE,
        codes=(
            "SSS_REQUEST_LIMIT_EXCEEDED",
            "CONCURRENCY_LIMIT_EXCEEDED",
            "EXCEEDED_MAX_CONCUR_RQST",
            "WS_CONCUR_SESSION_DISALLWD",
            "WS_REQUEST_BLOCKED",
        ),
        texts=("concurrent request limit exceeded",),
        statuses=(429,),
    ),
    Rule(ErrorClass.THROTTLE, statuses=(503,), may_be_recorded=True),
    # Killed or broken at a point we cannot see.
    Rule(
        ErrorClass.UNKNOWN,
        codes=(
            "SSS_TIME_LIMIT_EXCEEDED",
            "SSS_REQUEST_TIME_EXCEEDED",
            "SSS_CONNECTION_TIME_OUT",
            "SSS_SEARCH_TIMEOUT",
            "UNEXPECTED_ERROR",
        ),
    ),
    Rule(
        ErrorClass.UNKNOWN,
        codes=("SSS_USAGE_LIMIT_EXCEEDED", "SSS_INSTRUCTION_COUNT_EXCEEDED", "SSS_MEMORY_USAGE_EXCEEDED"),
        when_absent=ErrorClass.NEEDS_HUMAN,
    ),
    # Login.
    Rule(
        ErrorClass.STOP_AUTH,
        codes=(
            "INVALID_LOGIN_ATTEMPT",
            "INVALID_LOGIN",
            "INVALID_LOGIN_CREDENTIALS",
            "TWO_FA_REQD",
            "INVALID_LOGIN_IP",
            "LOGIN_DISABLED",
            "USER_DISABLED",
            "INVALID_GRANT",
            "INVALID_CLIENT",
            "UNAUTHORIZED_CLIENT",
            "INVALID_TOKEN",
        ),
        statuses=(401,),
    ),
    # Address, deployment, header.
    Rule(
        ErrorClass.STOP_CONFIG,
        codes=(
            "SSS_INVALID_SCRIPTLET_ID",
            "INVALID_CONTENT_TYPE",
            "FEATURE_DISABLED",
            "FEATUREDISABLED",
            "INVALID_REQUEST",
            "INVALID_SCOPE",
            "UNSUPPORTED_GRANT_TYPE",
        ),
        statuses=(301, 302, 303, 307, 308, 404, 405, 415),
    ),
    Rule(
        ErrorClass.NEEDS_HUMAN,
        codes=("INSUFFICIENT_PERMISSION", "PERMISSION_VIOLATION"),
        stops_when_repeated=True,
    ),
    # A 403 that names no code: wrong domain, or the older answer to a bad login. Counted as a login.
    Rule(ErrorClass.STOP_AUTH, statuses=(403,)),
    # Already there.
    Rule(
        ErrorClass.DUPLICATE,
        codes=(
            "DUP_RCRD",
            "UNIQUE_RCRD_ID_REQD",
            "DUP_RCRD_LINK",
            "NONUNIQUE_INDEX_VALUE",
            "IDEMPOTENCY_ERROR",
        ),
        texts=("already exists",),
        when_absent=ErrorClass.NEEDS_HUMAN,
    ),
    # A name clash with somebody's custom record, not our transaction, though its text says "already exists".
    Rule(ErrorClass.NEEDS_HUMAN, codes=("DUP_CSTM_RCRD_ENTRY",)),
    # On a create this comes from user-event scripts saving twice, so the record may be there.
    Rule(
        ErrorClass.RETRY,
        codes=("RCRD_HAS_BEEN_CHANGED", "RCRD_EDITED_SINCE_RETRIEVED"),
        may_be_recorded=True,
    ),
    Rule(
        ErrorClass.LATER,
        codes=("RCRD_LOCKED_BY_WF", "RCRD_UNEDITABLE", "NOT_IN_INVT", "ITEM_IS_UNAVAILABLE"),
        texts=("record is locked", "locked by", "insufficient quantity", "not enough quantity"),
    ),
    # Accounting period: finance re-opens it or re-dates the record. A decision, never automatic.
    Rule(
        ErrorClass.NEEDS_HUMAN,
        codes=(
            "TRAN_PERIOD_CLOSED",
            "TRAN_PRD_CLOSED",
            "CLOSED_TRAN_PRD",
            "TRANS_EDIT_DISALLWD",
            "VALID_PRD_REQD",
            "INVALID_TRANSACTIO_DATE",
            "INVALID_TRANSACTION_DATE",
            "UNDEFINED_ACCTNG_PRD",
            "DATEPERIODMISMATCH",
        ),
    ),
    # A reference is wrong, or the item, customer or location behind it is inactive.
    Rule(
        ErrorClass.NEEDS_HUMAN,
        codes=(
            "INVALID_KEY_OR_REF",
            "INVALID_RCRD_REF",
            "INVALID_REF_KEY",
            "INVALID_FLD_VALUE",
            "INVALID_CONTENT",
        ),
    ),
    # Subsidiary or account does not fit the item.
    Rule(
        ErrorClass.NEEDS_HUMAN,
        codes=(
            "INVALID_TRANS_SUB_ITEM",
            "INVALID_TRANS_SUB_LOC",
            "INVALID_TRANS_SUB_ACCT",
            "INVALID_TRANS_SUB_ENTITY",
            "INVALID_SUB",
            "INVALID_LOC_SUB_RESTRICTN",
            "INVALID_TRAN_ITEM_LINE",
            "RCRD_SUB_MISMATCH_WITH_CLASS",
            "INVALID_ADJUSTMENT_ACCT",
            "INVALID_ACCT_TYP",
            "ITEM_ACCT_REQD",
        ),
    ),
    # Something required is missing.
    Rule(
        ErrorClass.NEEDS_HUMAN,
        codes=(
            "MISSING_REQD_FLD",
            "LIST_ID_REQD",
            "VALID_LINE_ITEM_REQD",
            "TRAN_DATE_REQD",
            "LOCATION_REQD",
            "MLI_REQD",
        ),
        texts=("please enter value", "configure the inventory detail"),
    ),
    # Lots, serial numbers, bins, quantities, costs.
    Rule(
        ErrorClass.NEEDS_HUMAN,
        codes=(
            "NUM_ITEMS_GRTR_THAN_QTY",
            "NUM_ITEMS_NOT_EQUAL_TO_QTY",
            "INVENTORY_NUM_DISALLWD",
            "INTEGER_REQD_FOR_QTY",
            "INVALID_QUANTITY",
            "INVALID_LOT_NUM_FORMAT",
            "INVALID_SERIAL_OR_LOT_NUMBER",
            "POSITIVE_BIN_QTY_REQD",
            "INVALID_QTY",
            "ITEM_QTY_AMT_MISMATCH",
            "POSITIVE_UNITCOST_REQD",
        ),
    ),
    # Our serialiser, or NetSuite's own limits.
    Rule(
        ErrorClass.NEEDS_HUMAN,
        codes=(
            "PARSING_ERROR",
            "INVALID_NUMBER",
            "INVALID_DATE_FORMAT",
            "INVALID_BOOLEAN_VALUE",
            "INVALID_CSTM_FIELD_REF",
            "INVALID_RETURN_DATA_FORMAT",
            "RCRD_DSNT_EXIST",
            "NONEXISTENT_ID",
            "RCRD_PREVSLY_DELETED",
            "TRANSACTION_DELETED",
            "STORAGE_LIMIT_EXCEEDED",
            "MAX_RCRDS_EXCEEDED",
        ),
    ),
)

VAGUE_CODES = frozenset({"USER_ERROR", "INVALID_CONTENT"})
"""What REST web services answer for most refusals: the text decides first, the code only when it says nothing."""

NOT_SENT = Rule(ErrorClass.RETRY)
NO_ANSWER = Rule(ErrorClass.UNKNOWN)
SERVER_ERROR = Rule(ErrorClass.UNKNOWN)
"""Any 5xx not named above: it may have been recorded (a failing afterSubmit script leaves the record)."""
UNREADABLE_SUCCESS = Rule(ErrorClass.UNKNOWN)
UNLISTED = Rule(ErrorClass.NEEDS_HUMAN)
"""Whatever nobody has classified yet goes to a person with the raw answer beside it."""
