"""What a machine draws from our own description, signed: no error of ours, and no answer that nobody declared."""

import json
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode

from tests import factories as make
from tests.approvals.test_published_api import MACHINE_CHECKS, one_connection
from tests.orders.selling import assert_books_agree
from tests.wms.sending import Wms, fed_stock, signed

pytestmark = pytest.mark.django_db
EXAMPLES = 60
__all__ = ["one_connection"]


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_signed_requests_drawn_from_the_schema(one_connection, mode):
    home = make.zone()
    wms, what = Wms(home), fed_stock(100, home=home)
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", WSGIHandler())
    operation = schema["/api/inventory/sync"]["POST"]
    seen: list[int] = []

    def attempt(case: schemathesis.Case) -> None:
        if len(seen) % 3 == 1 and isinstance(case.body, dict) and isinstance(case.body.get("updates"), list):
            sound: dict[str, Any] = wms.update(len(seen), what, len(seen))
            case.body["updates"] = [{**sound, **one} if isinstance(one, dict) else one for one in case.body["updates"]]
        try:
            body = json.dumps(case.body).encode()
        except (TypeError, ValueError):
            return
        case.body, case.media_type = body, "application/json"
        who = {"X-WMS-Client": wms.client.wms_id, "Content-Type": "application/json"}
        case.headers.update({**who, **signed(body, wms.secret)})
        answer = case.call_and_validate(checks=MACHINE_CHECKS)
        seen.append(answer.status_code)

    hypothesis_settings(max_examples=EXAMPLES)(given(case=operation.as_strategy(mode))(attempt))()
    assert len(seen) > 5
    assert set(seen) <= {200, 400}
    assert_books_agree()
