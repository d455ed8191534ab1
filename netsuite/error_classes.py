"""What each thing NetSuite can say means for us, as one table to read and review.

Sources: NetSuite help, "SuiteTalk error status codes" (section_N3539978), "RESTlet status codes"
(section_4634920277), "Concurrency governance" (bridgehead_1525252812), "REST web services errors"
(section_156570709583). Which class a signal belongs to is our judgement. A code decides before a text, a text
before an HTTP status, because a RESTlet answers HTTP 400 for throttling and for a wrong item alike.
"""

from dataclasses import dataclass
from enum import StrEnum


class ErrorClass(StrEnum):
    """What the drain does with an answer; `CLASS_WORDS` says it to people."""

    RETRY = "retry"
    THROTTLE = "throttle"
    UNKNOWN = "unknown"
    DUPLICATE = "duplicate"
    NEEDS_HUMAN = "needs_human"
    STOP_AUTH = "stop_auth"
    STOP_CONFIG = "stop_config"
    LATER = "later"


CLASS_WORDS: dict[ErrorClass, tuple[str, str]] = {
    ErrorClass.RETRY: ("Retry", "certainly not executed: sent again after 2, 8 and 32 seconds; the attempt counts"),
    ErrorClass.THROTTLE: ("Throttled", "waits 5 seconds to 5 minutes and is sent again; no attempt is used"),
    ErrorClass.UNKNOWN: ("Outcome unknown", "may or may not be recorded: looked up before anything else"),
    ErrorClass.DUPLICATE: ("Already there", "looked up, and the payload hash compared"),
    ErrorClass.NEEDS_HUMAN: ("Needs a person", "would be refused again until somebody changes something"),
    ErrorClass.STOP_AUTH: ("Login refused", "everything stops: five failures lock the integration user for 30 minutes"),
    ErrorClass.STOP_CONFIG: ("Set-up wrong", "everything stops: every push would fail alike"),
    ErrorClass.LATER: ("Later", "sent again every hour; no attempt is used"),
}
"""Each class by name, and what the program does by itself."""


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
    meaning: str
    cure: str
    """What a person does about it; docs/netsuite/errors.md prints both."""
    codes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    when_absent: ErrorClass = ErrorClass.RETRY
    """For UNKNOWN and DUPLICATE: what to do once look-ups keep finding nothing."""
    may_be_recorded: bool = False
    """The class decides waiting and counting, but a look-up is still due before the next send."""
    stops_when_repeated: bool = False
    """Two pushes in a row refused like this: the role or the set-up is wrong, not the record."""
    is_about_date: bool = False
    """Another transaction date may cure it: a person may re-date the push."""


RULES: tuple[Rule, ...] = (
    Rule(
        ErrorClass.THROTTLE,
        "Turned away for load, before execution.",
        "Nothing. If it lasts beyond half an hour, give this integration more concurrency in NetSuite.",
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
    Rule(
        ErrorClass.THROTTLE,
        "NetSuite's database is away for a while.",
        "Nothing. If it lasts, look at NetSuite's status page.",
        statuses=(503,),
        may_be_recorded=True,
    ),
    Rule(
        ErrorClass.UNKNOWN,
        "Killed or broken at a point we cannot see.",
        "Nothing: it is looked up before anything is sent again.",
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
        "The script used up its units, instructions or memory.",
        "Look for user-event scripts on the record in NetSuite, or cancel and enter it in parts.",
        codes=("SSS_USAGE_LIMIT_EXCEEDED", "SSS_INSTRUCTION_COUNT_EXCEEDED", "SSS_MEMORY_USAGE_EXCEEDED"),
        when_absent=ErrorClass.NEEDS_HUMAN,
    ),
    Rule(
        ErrorClass.STOP_AUTH,
        "Login refused.",
        "Check the token, the integration record and the role in NetSuite, and this machine's clock; then resume.",
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
    Rule(
        ErrorClass.STOP_CONFIG,
        "Our address, script, deployment or header is wrong, or a feature is off.",
        "Check the address, the script and its deployment, and the features of the account; then resume.",
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
        "The role may not do this; twice in a row stops everything, because then it is no single record.",
        "Give the integration's role the permission named in the answer, then retry.",
        codes=("INSUFFICIENT_PERMISSION", "PERMISSION_VIOLATION"),
        stops_when_repeated=True,
    ),
    Rule(
        ErrorClass.STOP_AUTH,
        "A 403 that names no code: the wrong domain, or the older answer to a bad login. Counted as a login.",
        "Check the address and the token; then resume.",
        statuses=(403,),
    ),
    Rule(
        ErrorClass.DUPLICATE,
        "Already there.",
        "Nothing: it is looked up, and confirmed when the content is ours. Otherwise it becomes a conflict.",
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
    Rule(
        ErrorClass.NEEDS_HUMAN,
        "A name clash with somebody's custom record, not our transaction, though its text says “already exists”.",
        "Find the script in NetSuite that makes this custom record, mend it, then retry.",
        codes=("DUP_CSTM_RCRD_ENTRY",),
    ),
    Rule(
        ErrorClass.RETRY,
        "Changed by somebody meanwhile. On a create this comes from user-event scripts saving twice, so the record "
        "may be there: it is looked up first.",
        "Nothing; if it repeats, look for user-event scripts on the record.",
        codes=("RCRD_HAS_BEEN_CHANGED", "RCRD_EDITED_SINCE_RETRIEVED"),
        may_be_recorded=True,
    ),
    Rule(
        ErrorClass.NEEDS_HUMAN,
        "The accounting period is closed or missing, or the date is not valid.",
        "Have finance re-open the period and retry, or re-date the push. A decision, never automatic.",
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
        texts=("posting period", "accounting period", "period is closed", "period is locked", "closed period"),
        is_about_date=True,
    ),
    Rule(
        ErrorClass.LATER,
        "Somebody's lock or workflow holds the record, or a receipt is still to be posted.",
        "Nothing for some hours. If it stays: release the lock, or post the missing receipt in NetSuite.",
        codes=("RCRD_LOCKED_BY_WF", "RCRD_UNEDITABLE", "NOT_IN_INVT", "ITEM_IS_UNAVAILABLE"),
        texts=("locked", "insufficient quantity", "insufficient inventory", "not enough quantity", "not have enough"),
    ),
    Rule(
        ErrorClass.NEEDS_HUMAN,
        "A reference is wrong, or the item, customer or location behind it is inactive.",
        "Make it active in NetSuite, or correct its NetSuite internal id here; then retry.",
        codes=(
            "INVALID_KEY_OR_REF",
            "INVALID_RCRD_REF",
            "INVALID_REF_KEY",
            "INVALID_FLD_VALUE",
            "INVALID_CONTENT",
        ),
    ),
    Rule(
        ErrorClass.NEEDS_HUMAN,
        "Subsidiary or account does not fit the item.",
        "Correct item, location or account in NetSuite (or the account in our settings), then retry.",
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
    Rule(
        ErrorClass.NEEDS_HUMAN,
        "Something required is missing.",
        "Fill in what the answer names: in NetSuite's record, its form or our settings; then retry.",
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
    Rule(
        ErrorClass.NEEDS_HUMAN,
        "Lots, serial numbers, bins, quantities or costs are not as NetSuite wants them.",
        "Enter the adjustment in NetSuite by hand and cancel the push, or mend the item and retry.",
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
    Rule(
        ErrorClass.NEEDS_HUMAN,
        "Our way of writing the record, or a limit of NetSuite's own.",
        "Send the raw answer to whoever maintains this program; cancel and enter it by hand if it is urgent.",
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

NOT_SENT = Rule(
    ErrorClass.RETRY,
    "Connection refused, name not found, certificate refused: no byte of the request left.",
    "Check the network, the name service and the proxy of the worker, and NetSuite's status page.",
)
NO_ANSWER = Rule(
    ErrorClass.UNKNOWN,
    "Time-out, reset or an empty reply after the request was sent.",
    "Nothing: it is looked up before anything is sent again.",
)
SERVER_ERROR = Rule(
    ErrorClass.UNKNOWN,
    "Any 5xx not named here: it may have been recorded, since a script failing after the save leaves the record.",
    "Nothing: it is looked up before anything is sent again.",
)
UNREADABLE_SUCCESS = Rule(
    ErrorClass.UNKNOWN,
    "A success whose body cannot be read, for example a proxy's page.",
    "Nothing: it is looked up before anything is sent again.",
)
UNLISTED = Rule(
    ErrorClass.NEEDS_HUMAN,
    "Whatever nobody has classified yet.",
    "Read the raw answer; mend the cause and retry, or cancel. Then have the code added to this table.",
)
"""Goes to a person with the raw answer beside it."""
