"""Whose word on the quantity counts, balance by balance: the only place that changes it, with its history."""

from collections import Counter
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from approvals import audit
from approvals.clock import now
from approvals.refusals import Refused
from approvals.set_based import insert_rows, update_where_pk_in
from inventory.models import Authority, AuthorityChange, Balance

PERMISSION = "inventory.change_authority"
LONGEST_REASON = 300


def set_authority(*, balances: QuerySet[Balance], authority: str, by: Any | None, reason: str) -> int:
    """Make `authority` the source of truth of these balances; how many changed. Those that have it are left alone.

    In a number of statements that does not depend on the number of balances. `by` None is the system.
    Raises Refused with a sentence, changing nothing.
    """
    reason = reason.strip()
    _check(authority, by, reason)
    with transaction.atomic():
        before = _lock_changing(balances, authority)
        at = now()
        insert_rows(
            AuthorityChange,
            ["balance", "before", "after", "reason", "changed_by", "changed_at"],
            [(pk, old, authority, reason, by and by.pk, at) for pk, old in before],
        )
        update_where_pk_in(Balance.objects.order_by(), [pk for pk, _ in before], authority=authority)
        if before:
            audit.append(
                actor=by, verb="authority.changed", entity_ref="inventory_balance",
                details={
                    "authority": authority, "balances": len(before), "reason": reason,
                    "before": dict(Counter(old for _, old in before)),
                },
            )  # fmt: skip
    return len(before)


def changing(balances: QuerySet[Balance], authority: str) -> QuerySet[Balance]:
    """Those of them that do not have this authority yet."""
    return Balance.objects.filter(pk__in=balances.order_by().values("pk")).exclude(authority=authority)


def _lock_changing(balances: QuerySet[Balance], authority: str) -> list[tuple[int, str]]:
    rows = changing(balances, authority).select_for_update().order_by("pk")
    return list(rows.values_list("pk", "authority"))


def _check(authority: str, by: Any | None, reason: str) -> None:
    problems = []
    if by is not None and not by.has_perm(PERMISSION):
        problems.append("You may not change the authority on stock. Ask an administrator for the approver role.")
    if authority not in Authority.values:
        names = ", ".join(Authority.values)
        problems.append(f"“{authority}” is no source of stock figures. Choose one of: {names}.")
    if not reason:
        problems.append("Say why the authority changes: this is kept with the history.")
    elif len(reason) > LONGEST_REASON:
        problems.append(f"The reason has {len(reason)} characters; {LONGEST_REASON} are the most. Shorten it.")
    if problems:
        raise Refused(problems)
