"""An event as others read it: CloudEvents 1.0 in JSON, structured mode."""

import json
from datetime import UTC

from approvals.models import Event

SOURCE = "/countersign"
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


def envelope(event: Event) -> bytes:
    """The same bytes at every attempt, made of what is stored and of nothing else.

    `sequence` is the position, padded so that texts sort as numbers do.
    """
    said = {
        "specversion": "1.0",
        "id": str(event.uid),
        "source": SOURCE,
        "type": event.name,
        "subject": event.subject,
        "time": event.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "sequence": f"{event.position:020}",
        "data": event.payload,
    }
    if event.correlation_id:
        said["correlationid"] = event.correlation_id
    if event.traceparent:
        said["traceparent"] = event.traceparent
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
