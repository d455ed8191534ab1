"""Did the effects really happen? Questions about a run's own lines and pushes, for every source."""

from django.db.models import Q, Sum

from approvals.contract import CheckResult, passed_if
from approvals.models import WorkflowRun
from inventory.models import VarianceLine
from inventory.variance.source import Source
from netsuite.models import Push

Decision = VarianceLine.Decision
STUCK = [Push.Status.NEEDS_HUMAN, Push.Status.CONFLICT, Push.Status.CANCELLED, Push.Status.UNKNOWN]


def staged_count(source: Source, run: WorkflowRun) -> int:
    """Lines that somebody or a guardrail decided to post, and that change something."""
    mine = source.lines.objects.filter(**{f"{source.owner}__run": run})
    decided = mine.filter(decision__in=[Decision.GUARDRAIL, Decision.APPROVED]).exclude(variance=0)
    return int(decided.filter(Q(decision=Decision.GUARDRAIL) | Q(adjustment__isnull=False)).count())


def adjustments_pushed(source: Source, run: WorkflowRun) -> CheckResult:
    """Expected: n >= staged_count, where n counts lines in pushes that NetSuite confirmed or still has ahead."""
    pushes = Push.objects.filter(adjustment__run=run)
    n = pushes.exclude(status__in=STUCK).aggregate(lines=Sum("line_count"))["lines"] or 0
    confirmed = pushes.filter(status=Push.Status.CONFIRMED).aggregate(lines=Sum("line_count"))["lines"] or 0
    staged = staged_count(source, run)
    return passed_if(n >= staged, f"n = {n}, staged_count = {staged}, confirmed by NetSuite = {confirmed}")


def lines_on_ledger(source: Source, run: WorkflowRun) -> CheckResult:
    """Expected: n >= staged_count, where n counts movements that these lines caused."""
    mine = source.lines.objects.filter(**{f"{source.owner}__run": run}, adjustment__posted_at__isnull=False)
    n, staged = mine.filter(movement__isnull=False).count(), staged_count(source, run)
    return passed_if(n >= staged, f"n = {n}, staged_count = {staged}")
