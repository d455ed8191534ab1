"""The page for people: what has arrived, what was asked, what is being broken."""

from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from typing import Any

Rows = Iterable[Mapping[str, Any]]

_GOOD = ("created", "existing", "ping", "lookup:found", "late: created")


def render_page(status: Mapping[str, Any], transactions: Rows, requests: Rows, faults: Rows) -> str:
    """A whole HTML document without scripts; it reloads itself every five seconds."""
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>NetSuite'
        " simulator</title>"
        f"<style>{style}</style></head><body>{_header(status)}<main>"
        f"<section><h2>Transactions</h2>{_transactions(transactions)}</section>"
        f"<section><h2>Active faults</h2>{_faults(faults)}</section>"
        f"<section><h2>Requests</h2>{_requests(requests)}</section></main></body></html>"
    )


def _header(status: Mapping[str, Any]) -> str:
    clock = status["clock"]
    parts = [
        f"account <b>{_text(status['account'])}</b>",
        f"<span class=mono>{_text(status['base_url'])}</span>",
        f"clock {_moment(clock['now'])} UTC" + (" (frozen)" if clock["frozen"] else ""),
        "strict" if status["strict"] else "creates unknown items and locations",
    ]
    if not status["accepting"]:
        parts.append('<span class="tag bad">refusing connections</span>')
    if status["late_writes_waiting"]:
        parts.append(f'<span class="tag warn">{status["late_writes_waiting"]} late write(s) waiting</span>')
    return f"<header><h1>NetSuite simulator</h1><p>{' · '.join(parts)}</p></header>"


def _transactions(transactions: Rows) -> str:
    cards = [
        f"<article><h3>{_text(row['tranid'])} <span class=mono>{_text(row['external_id'])}</span></h3>"
        f"<p>{_text(row['trandate'])} · internal id {_text(row['id'])} · quantity"
        f" <b>{_text(row['quantity_sum'])}</b>"
        f" · value <b>{_text(row['total'])}</b> · saved {_moment(row['created'])}</p>"
        f"<p class=memo>{_text(row['memo'])}</p>{_lines(row['lines'])}</article>"
        for row in transactions
    ]
    return "".join(cards) or "<p class=empty>Nothing has arrived yet.</p>"


def _lines(lines: Rows) -> str:
    rows = [
        (
            _text(line["itemid"]),
            _text(line["location_name"]),
            _number(line["quantity"]),
            _number(line["unit_cost"]),
            _number(line["amount"]),
            _text(line["memo"]),
        )
        for line in lines
    ]
    return _table(("Item", "Location", "Quantity", "Unit cost", "Amount", "Memo"), rows)


def _faults(faults: Rows) -> str:
    rows = [
        (
            str(rule["id"]),
            f'<span class="tag warn">{_text(rule["effect"])}</span>',
            _text(_condition(rule)),
            f"{rule['fired']} of {'∞' if rule['count'] is None else rule['count']}",
        )
        for rule in faults
    ]
    return (
        _table(("No.", "Effect", "When", "Fired"), rows)
        if rows
        else "<p class=empty>None. Every request is served.</p>"
    )


def _condition(rule: Mapping[str, Any]) -> str:
    named = [
        f"{key} {rule[key]}" for key in ("route", "method", "op", "record_type", "external_id", "value") if rule[key]
    ]
    if rule["nth"] > 1:
        named.append(f"from call {rule['nth']}")
    if rule["probability"] < 1:
        named.append(f"{rule['probability']:.0%} of calls")
    if rule["seconds"] is not None:
        named.append(f"{rule['seconds']:g} s")
    return ", ".join(named) or "any request"


def _requests(requests: Rows) -> str:
    rows = [
        (
            _moment(row["at"]),
            _mono(f"{row['method']} {row['op'] or row['route'] or row['path']}"),
            _mono(row["external_id"]),
            _outcome(str(row["outcome"])),
            _text(row["status"]) or "no answer",
            _text(row["committed"]),
            _text(row["fault"]),
        )
        for row in requests
    ]
    heads = ("Time", "Call", "External id", "Outcome", "Status", "Wrote", "Fault")
    return _table(heads, rows) if rows else "<p class=empty>No request yet.</p>"


def _outcome(outcome: str) -> str:
    kind = (
        "good"
        if outcome in _GOOD
        else "bad"
        if outcome.startswith(("refused", "rejected", "conflict", "reset"))
        else "plain"
    )
    return f'<span class="tag {kind}">{escape(outcome)}</span>'


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(heads)
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(
        "<tr>"
        + "".join(f'<td data-label="{escape(name)}">{cell}</td>' for name, cell in zip(names, row, strict=True))
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _number(value: object) -> str:
    text = escape(str(value))
    return f'<span class="number{" minus" if text.startswith("-") else ""}">{text}</span>'


def _mono(value: object) -> str:
    return f"<span class=mono>{_text(value)}</span>" if value else ""


def _moment(iso_time: str) -> str:
    return _text(iso_time.removesuffix("Z").replace("T", " "))


def _text(value: object) -> str:
    return "" if value is None else escape(str(value))
