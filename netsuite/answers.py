"""Reading what NetSuite answered. Any body is survived: JSON, error text, a proxy's page."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from netsuite import retry
from netsuite.error_classes import VAGUE_CODES, Channel, ErrorClass
from netsuite.estimates import expected_subtotal
from netsuite.outcomes import (
    AuthStop,
    CallFailure,
    ConfigStop,
    Confirmed,
    Conflict,
    Duplicate,
    Exchange,
    Later,
    LookupOutcome,
    NotFound,
    Page,
    PageOutcome,
    PingOutcome,
    Pong,
    PushOutcome,
    Refused,
    Rejected,
    RemoteRecord,
    Throttled,
    Unknown,
)
from netsuite.records import Json, line_count, quantity_sum

CONTRACT = 1
_PLAIN: dict[ErrorClass, type[Unknown | Duplicate | Later | AuthStop | ConfigStop]] = {
    ErrorClass.UNKNOWN: Unknown,
    ErrorClass.DUPLICATE: Duplicate,
    ErrorClass.LATER: Later,
    ErrorClass.STOP_AUTH: AuthStop,
    ErrorClass.STOP_CONFIG: ConfigStop,
}
_LINE_PATH = re.compile(r"items\[(?P<line>\d+)\]\.?(?P<field>\w*)")
_ERROR_TEXT = re.compile(r"error code:\s*(?P<code>\S+)\s*(?:error message:\s*(?P<message>.*))?", re.S | re.I)


def read_push(exchange: Exchange, body: str, *, external_id: str, payload_hash: str, record: Json) -> PushOutcome:
    answer = _object(body)
    if not _is_success(exchange) or answer is None or "outcome" not in answer:
        return failed_call(exchange, body)
    if answer.get("contract") != CONTRACT:
        return Unknown(exchange, "CONTRACT", "NetSuite's script speaks another contract version than this program.")
    outcome, remote = answer["outcome"], _remote(answer)
    if outcome == "rejected":
        code, message = _error_of(answer)
        return failure(exchange, retry.Signal(Channel.ANSWER, exchange.http_status, code or "REJECTED", message))
    if outcome == "conflict":
        code, message = _error_of(answer)
        return Conflict(exchange, code or "CONFLICT", message or _taken(external_id), remote)
    if outcome not in {"created", "existing"} or remote.external_id.upper() != external_id:
        return Unknown(exchange, "UNREADABLE", "NetSuite's answer does not name our record.")
    return compared(exchange, remote, payload_hash, record, existing=outcome == "existing")


def read_lookup(exchange: Exchange, body: str, *, payload_hash: str, record: Json) -> LookupOutcome:
    answer = _object(body)
    if not _is_success(exchange) or answer is None or not isinstance(answer.get("found"), bool):
        return failed_call(exchange, body)
    if answer.get("contract") != CONTRACT:
        return ConfigStop(exchange, "CONTRACT", "NetSuite's script speaks another contract version than this program.")
    if not answer["found"]:
        return NotFound(exchange)
    remote = _remote(answer)
    if answer.get("matches", 1) != 1:
        return Conflict(
            exchange, "MATCHES", f"NetSuite holds {answer['matches']} records with our external id.", remote
        )
    return compared(exchange, remote, payload_hash, record, existing=True)


def read_ping(exchange: Exchange, body: str, *, asked_at: datetime) -> PingOutcome:
    """`asked_at` is our own clock halfway through the call."""
    answer = _object(body)
    if not _is_success(exchange) or answer is None or "contract" not in answer:
        return failed_call(exchange, body)
    if answer["contract"] != CONTRACT:
        return ConfigStop(
            exchange,
            "CONTRACT",
            f"NetSuite's script speaks contract {answer['contract']}, this program speaks {CONTRACT}.",
        )
    server_time = moment(answer.get("serverTime"))
    features = answer.get("features")
    return Pong(
        exchange=exchange,
        contract=CONTRACT,
        version=_text(answer.get("version")),
        account=_text(answer.get("account")),
        environment=_text(answer.get("environment")),
        role=_text(answer.get("role")),
        user=_text(answer.get("user")),
        server_time=server_time,
        clock_skew=server_time - asked_at if server_time else None,
        features=features if isinstance(features, dict) else {},
    )


def read_page(exchange: Exchange, body: str) -> PageOutcome:
    """A page of SuiteQL; NetSuite leaves null columns out of a row. A body cut short is an unknown outcome."""
    answer = _object(body)
    if not _is_success(exchange) or answer is None or not isinstance(answer.get("items"), list):
        return failed_call(exchange, body)
    try:
        total, has_more = int(answer["totalResults"]), bool(answer["hasMore"])
        rows = [{str(name): _text(value) for name, value in row.items() if name != "links"} for row in answer["items"]]
    except (AttributeError, KeyError, TypeError, ValueError):
        return Unknown(exchange, "UNREADABLE", "NetSuite's answer is no page of rows.")
    return Page(exchange, rows, has_more, total)


def described_record(raw: str) -> RemoteRecord | None:
    """The record a kept answer describes; None when it describes none."""
    answer = _object(raw)
    remote = _remote(answer) if answer is not None else None
    return remote if remote is not None and remote.internal_id else None


def failure(exchange: Exchange, signal: retry.Signal, retry_after: timedelta | None = None) -> CallFailure:
    """The outcome for a signal, by the reviewed table."""
    rule = retry.find_rule(signal)
    code = signal.code or (f"HTTP_{signal.http_status}" if signal.http_status else signal.channel.value.upper())
    if rule.error_class is ErrorClass.DUPLICATE and code.upper() in VAGUE_CODES:
        code = rule.codes[0]  # the text told it; what follows goes by the code
    message = signal.message or _plain_sentence(signal)
    if rule.error_class is ErrorClass.STOP_AUTH:
        message = with_clocks(message, exchange)
    if plain := _PLAIN.get(rule.error_class):
        return plain(exchange, code, message)
    if rule.error_class is ErrorClass.RETRY:
        return Refused(exchange, code, message, rule.may_be_recorded, signal.channel is Channel.NOT_SENT)
    if rule.error_class is ErrorClass.THROTTLE:
        return Throttled(exchange, code, message, rule.may_be_recorded, retry_after)
    return Rejected(exchange, code, message, rule.stops_when_repeated)


def with_clocks(message: str, exchange: Exchange) -> str:
    """A refused login with both clocks: five minutes apart, and NetSuite refuses every signature."""
    return f"{message.rstrip('.')}. {exchange.clocks.sentence}" if exchange.clocks else message


def error_in(body: str) -> tuple[str, str]:
    """Code and message of any error body; empty where it names none."""
    answer = _object(body)
    return _error_of(answer) if answer is not None else _error_text(body)


def failed_call(exchange: Exchange, body: str) -> CallFailure:
    code, message = error_in(body)
    return failure(exchange, retry.Signal(Channel.ANSWER, exchange.http_status, code, message))


def compared(
    exchange: Exchange, remote: RemoteRecord, payload_hash: str, record: Json, *, existing: bool
) -> Confirmed | Conflict:
    """Confirmed only when NetSuite holds what we sent: same hash, no line or quantity lost on the way, and the
    sum we told the customer."""
    if not remote.internal_id or remote.payload_hash != payload_hash:
        return Conflict(exchange, "OTHER_PAYLOAD", _taken(remote.external_id), remote)
    lines = line_count(record)
    if remote.line_count is not None and remote.line_count != lines:
        message = f"NetSuite recorded {remote.line_count} of the {lines} lines we sent."
        return Conflict(exchange, "LINES_LOST", message, remote)
    held, sent = decimal(remote.quantity_sum), quantity_sum(record)
    if held is not None and held != sent:
        return Conflict(
            exchange,
            "QUANTITY_CHANGED",
            f"NetSuite recorded a net quantity of {held}, we sent {sent}.",
            remote,
        )
    worked_out, expected = decimal(remote.subtotal), expected_subtotal(record)
    if worked_out is not None and expected is not None and worked_out != expected:
        message = f"NetSuite worked out a subtotal of {worked_out}, our lines add up to {expected}."
        return Conflict(exchange, "SUBTOTAL_CHANGED", message, remote)
    return Confirmed(exchange, remote, existing)


def _is_success(exchange: Exchange) -> bool:
    return exchange.http_status is not None and 200 <= exchange.http_status < 300


def _object(body: str) -> Json | None:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _remote(answer: Mapping[str, Any]) -> RemoteRecord:
    count = answer.get("lineCount")
    return RemoteRecord(
        internal_id=_text(answer.get("internalId")),
        tran_id=_text(answer.get("tranId")),
        external_id=_text(answer.get("externalId")),
        payload_hash=_text(answer.get("payloadHash")),
        line_count=count if isinstance(count, int) else None,
        quantity_sum=_text(answer.get("quantitySum")),
        subtotal=_text(answer.get("subtotal")),
        total=_text(answer.get("total")),
    )


def _error_of(answer: Mapping[str, Any]) -> tuple[str, str]:
    """Code and message of a RESTlet body, a REST web services body or an OAuth body."""
    error = answer.get("error")
    if isinstance(error, dict):
        return _text(error.get("code")), _located(error)
    details = answer.get("o:errorDetails")
    if isinstance(details, list) and details and isinstance(details[0], dict):
        return _text(details[0].get("o:errorCode")), _placed(details[0])
    return _text(error), _text(answer.get("error_description"))


def _placed(detail: Mapping[str, Any]) -> str:
    """REST names the place by a path such as inventory.items[0].item, where lines count from 0."""
    message, path = _text(detail.get("detail")), _text(detail.get("o:errorPath"))
    if found := _LINE_PATH.search(path):
        return _located({"message": message, "line": int(found["line"]) + 1, "field": found["field"]})
    return _located({"message": message, "field": path})


def _located(error: Mapping[str, Any]) -> str:
    message, line, field = _text(error.get("message")), _text(error.get("line")), _text(error.get("field"))
    place = ", ".join(part for part in (f"line {line}" if line else "", f"field {field}" if field else "") if part)
    return f"{message} ({place})" if place else message


def _error_text(body: str) -> tuple[str, str]:
    found = _ERROR_TEXT.search(body[:2000])
    return (found["code"], (found["message"] or "").strip()) if found else ("", "")


def _taken(external_id: str) -> str:
    return f"NetSuite already holds another record under {external_id}."


def _plain_sentence(signal: retry.Signal) -> str:
    match signal.channel:
        case Channel.NOT_SENT:
            return "NetSuite could not be reached; nothing was sent."
        case Channel.NO_ANSWER:
            return "The request was sent and no answer came back."
        case Channel.ANSWER:
            return f"NetSuite answered HTTP {signal.http_status} without saying why."


def _text(value: object) -> str:
    return "" if value is None else str(value)


def decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(_text(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
