"""Waves: which balances a WMS is to decide, begun in shadow, and ended. Switching is `rollout_switch`."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from approvals import audit
from approvals.clock import now
from approvals.models import ProposedAction
from approvals.refusals import Refused
from approvals.set_based import insert_rows
from approvals.withdrawals import withdraw
from inventory.models import (
    Authority,
    Balance,
    Item,
    WmsClient,
    WmsRollout,
    WmsRolloutBalance,
    WmsRolloutStep,
    Zone,
)
from inventory.wms.discrepancy_limit import limits
from inventory.wms.rollout_days import order_lines_of, oversells_of
from inventory.wms.rollout_gates import Baseline, Day, Gate, judge

ADD = "inventory.add_wmsrollout"
SWITCH = "inventory.switch_wmsrollout"
BASELINE = timedelta(days=28)
LONGEST_REASON = 300
Stage = WmsRollout.Stage


def groups(client: WmsClient) -> list[tuple[str, str]]:
    """(value, label) of the groups a wave may be chosen by: everything, ABC classes, zones."""
    zones = Zone.objects.filter(location=client.location_id).order_by("code")
    return [
        ("all", f"Everything at {client.location.code}"),
        *((f"abc:{value}", f"ABC class {label}") for value, label in Item.AbcClass.choices),
        *((f"zone:{zone.pk}", f"Zone {zone}") for zone in zones),
    ]


def group(client: WmsClient, chosen: str) -> QuerySet[Balance]:
    """The balances of a group. Raises Refused for one that is not there."""
    if chosen not in dict(groups(client)):
        raise Refused("That group is not there any more. Choose again.")
    kind, _, value = chosen.partition(":")
    rows = Balance.objects.filter(location=client.location_id)
    if kind == "abc":
        return rows.filter(item__abc_class=value)
    return rows.filter(zone=int(value)) if kind == "zone" else rows


def start_rollout(
    *, name: str, client: WmsClient, balances: QuerySet[Balance], chosen: str, by: Any, reason: str
) -> WmsRollout:
    """A wave of these balances, in shadow; what the WMS decides already is left out. `chosen` says how they were.

    Its members stay these, whatever the group comes to be. Raises Refused, storing nothing.
    """
    name, reason = " ".join(name.split()), " ".join(reason.split())
    check_may(by, ADD, "begin a wave")
    check_reason(reason)
    if not name or len(name) > 80:
        raise Refused("Give the wave a name of at most 80 characters.")
    with transaction.atomic():
        WmsClient.objects.select_for_update(no_key=True).get(pk=client.pk)
        if WmsRollout.objects.filter(name=name).exists():
            raise Refused(f"There is a wave “{name}” already. Give this one another name.")
        members = _members(client, balances)
        at = now()
        wave = WmsRollout.objects.create(
            name=name, client=client, chosen=chosen[:200], reason=reason, since=at, created_at=at, created_by=by,
            baseline_from=at - BASELINE,
        )  # fmt: skip
        insert_rows(WmsRolloutBalance, ["rollout", "balance", "before", "is_current"],
                    [(wave.pk, pk, "", True) for pk in members])  # fmt: skip
        wave.baseline_oversells = oversells_of(wave, wave.baseline_from, at)[0]
        wave.baseline_order_lines = order_lines_of(wave, wave.baseline_from, at)
        wave.save(update_fields=["baseline_oversells", "baseline_order_lines"])
        note_step(wave, "", reason, by=by, figures={"balances": len(members)})
        return wave


def _members(client: WmsClient, balances: QuerySet[Balance]) -> list[int]:
    chosen = Balance.objects.filter(pk__in=balances.order_by().values("pk")).exclude(authority=Authority.WMS)
    elsewhere = chosen.exclude(location=client.location_id).count()
    if elsewhere:
        raise Refused(f"{elsewhere:,} of these balances are not at {client.location.code}, for which {client} speaks.")
    taken = WmsRolloutBalance.objects.filter(balance__in=chosen.values("pk"), is_current=True)
    if first := taken.select_related("rollout").first():
        raise Refused(
            f"{taken.count():,} of these balances are in another wave already, such as “{first.rollout}”. End that "
            "one, or leave them out."
        )
    members = list(chosen.order_by("pk").values_list("pk", flat=True))
    if not members:
        raise Refused("Nothing to switch: there is no such balance, or the WMS decides all of them already.")
    return members


def end_rollout(*, rollout: WmsRollout, by: Any, reason: str) -> WmsRollout:
    """It is over. In shadow nothing changes; of a live wave the WMS keeps the say, and nothing is switched back."""
    reason = " ".join(reason.split())
    check_may(by, SWITCH, "end a wave")
    check_reason(reason)
    with transaction.atomic():
        # The question before the wave, as the gate does.
        asked = ProposedAction.objects.select_for_update(of=("self",)).filter(wms_rollouts=rollout)
        waiting = list(asked.filter(status=ProposedAction.Status.PENDING).values_list("pk", flat=True))
        wave = locked(rollout, Stage.ENDED)
        withdraw({pk: f"The wave {wave} was ended by {by}." for pk in waiting})
        WmsRolloutBalance.objects.filter(rollout=wave).update(is_current=False, before="")
        move(wave, Stage.ENDED, reason, by=by)
        return wave


def gates_of(wave: WmsRollout) -> list[Gate]:
    """As they stand by the days there are."""
    limit = limits()
    days = [
        Day(
            business_date=day.business_date,
            is_live=day.stage == Stage.LIVE,
            items=day.items,
            compared=day.compared,
            differing=day.differing,
            freshness_median=day.freshness_median,
            oversells=day.oversells,
            order_lines=day.order_lines,
        )
        for day in wave.days.order_by("-business_date")
    ]
    baseline = Baseline(wave.baseline_oversells, wave.baseline_order_lines)
    percent = limit.percent if limit.is_enabled else None
    return judge(days, needed=settings.WMS_GATE_DAYS, percent=percent, baseline=baseline)


def locked(rollout: WmsRollout, wanted: str) -> WmsRollout:
    """The wave as it is now, if it may go to this stage. Nobody else moves it until the transaction ends."""
    wave = WmsRollout.objects.select_for_update(of=("self",)).select_related("client__location", "sign_off").get(
        pk=rollout.pk
    )  # fmt: skip
    if wanted not in WmsRollout.TRANSITIONS[wave.stage]:
        raise Refused(f"The wave {wave} is {wave.get_stage_display().lower()} already: look at it again.")
    return wave


def move(wave: WmsRollout, stage: str, reason: str, *, by: Any, **facts: Any) -> WmsRolloutStep:
    before, wave.stage, wave.since = wave.stage, stage, now()
    wave.save(update_fields=["stage", "since"])
    return note_step(wave, before, reason, by=by, **facts)


def note_step(wave: WmsRollout, before: str, reason: str, *, by: Any, **facts: Any) -> WmsRolloutStep:
    step = WmsRolloutStep.objects.create(
        rollout=wave, before=before, after=wave.stage, reason=reason, by=by, at=wave.since, **facts
    )
    said = {"wave": wave.name, "wms_id": wave.client.wms_id, "from": before, "to": wave.stage, "reason": reason}
    audit.append(
        actor=by, verb=f"wms_rollout.{wave.stage}", entity_ref=f"wms_rollout:{wave.pk}",
        details=said | {"override": step.is_override, "confirmed_by": str(step.confirmed_by or ""), **step.figures},
    )  # fmt: skip
    return step


def check_may(by: Any, permission: str, what: str) -> None:
    if not by.has_perm(permission):
        raise Refused(f"You may not {what}. Ask an administrator for the approver role.")


def check_reason(reason: str) -> None:
    if not reason or len(reason) > LONGEST_REASON:
        raise Refused(f"Say why in at most {LONGEST_REASON} characters: it is kept with the wave.")
