"""Prove that balances, movements, decisions, audit chain and pushes agree. Exit 1 names the first bad row."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inventory.management.ledger_checks import CHECKS, Finding, netsuite_records
from netsuite.configuration import NotConnected


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--netsuite", action="store_true", help="also look every confirmed push up in NetSuite")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = [check() for check in CHECKS]
        if options["netsuite"]:
            findings.append(_in_netsuite())
        bad = [finding for finding in findings if finding.problem]
        if options["json"]:
            checks = [{**asdict(finding), "ok": finding.problem is None} for finding in findings]
            self.stdout.write(json.dumps({"ok": not bad, "checks": checks}))
        else:
            for finding in findings:
                mark = "WRONG" if finding.problem else "ok"
                self.stdout.write(f"{mark:>5}  {finding.title} ({finding.rows} rows)")
        if bad:
            raise CommandError("\n".join(str(finding.problem) for finding in bad), returncode=1)


def _in_netsuite() -> Finding:
    try:
        return netsuite_records()
    except NotConnected as problem:
        raise CommandError(str(problem), returncode=2) from problem
