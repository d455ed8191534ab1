"""Approve a proposed action; of an envelope, all lines that are not decided yet. Refusals: exit 2."""

from approvals.management.deciding import DecisionCommand
from approvals.models import ProposedAction


class Command(DecisionCommand):
    help = __doc__
    verdict = ProposedAction.Status.APPROVED
    note_is_required = False
