"""What approve_action and reject_action share: who decides, what comes out, and how a refusal is said."""

import json
from collections import Counter
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.models import ProposedAction
from approvals.operations import decide
from approvals.refusals import Refused


class DecisionCommand(BaseCommand):
    """Decide one proposed action, or all undecided lines of an envelope. Refusals: exit 2."""

    verdict: str
    note_is_required: bool

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=int, help="number of the proposed action")
        parser.add_argument("--by", required=True, metavar="USER", help="user name of the person who decides")
        parser.add_argument("--note", default="", required=self.note_is_required, help="why")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            action = decide(
                action_id=options["id"],
                by=_user(options["by"]),
                verdict=self.verdict,
                seen_hash=None,
                via="command",
                note=options["note"],
            )
        except ProposedAction.DoesNotExist as error:
            raise CommandError(f"There is no proposed action {options['id']}.", returncode=2) from error
        except Refused as refusal:
            raise CommandError("\n".join(refusal.problems), returncode=2) from refusal
        result = outcome(action)
        self.stdout.write(json.dumps(result) if options["json"] else story(action, result))


def _user(name: str) -> Any:
    users = get_user_model()
    try:
        return users.objects.get_by_natural_key(name)
    except users.DoesNotExist as error:
        raise CommandError(f"There is no user named {name}.", returncode=2) from error


def outcome(action: ProposedAction) -> dict[str, Any]:
    """The action after the decision, with its lines by status and the state of its run."""
    run = action.workflow_run
    return {
        "id": action.pk,
        "action_type": action.action_type,
        "title": action.title,
        "status": action.status,
        "decided_by": str(action.decided_by) if action.decided_by else None,
        "decided_at": action.decided_at.isoformat() if action.decided_at else None,
        "lines": dict(Counter(action.lines.order_by().values_list("status", flat=True))),
        "run_id": run.pk if run else None,
        "run_status": run.status if run else None,
    }


def story(action: ProposedAction, result: dict[str, Any]) -> str:
    lines = ", ".join(f"{count} {status}" for status, count in sorted(result["lines"].items()))
    about_run = f" Run {result['run_id']} is {result['run_status']}." if result["run_id"] else ""
    return f"“{action.title}”: {action.get_status_display().lower()}{f' ({lines})' if lines else ''}.{about_run}"
