"""Post actions that every workflow's contract lists."""

from approvals.models import Event, WorkflowRun


def event_completed(run: WorkflowRun) -> None:
    """`event_completed`: FIRE event workflow.completed with the run's type and summary."""
    Event.objects.create(
        name="workflow.completed",
        subject=run.entity_ref,
        workflow_run=run,
        payload={"workflow_type": run.workflow_type, **run.summary},
    )
