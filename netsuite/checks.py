"""System checks: what is misconfigured, in a sentence, before anything is sent."""

import os
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from netsuite import configuration, failpoints


@register()
def connection_is_complete(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A warning, not an error: the rest of the application works while NetSuite is not set up."""
    problems = configuration.connection().problems
    return [checks.Warning(f"NetSuite: {problem}", id="netsuite.W001") for problem in problems]


@register()
def secrets_travel_encrypted(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    connection = configuration.connection()
    addresses = {
        "NETSUITE_RESTLET_BASE_URL": connection.restlet_base_url,
        "NETSUITE_REST_BASE_URL": connection.rest_base_url,
    }
    open_ones = [name for name, address in addresses.items() if address.startswith("http://")]
    if not settings.PRODUCTION:
        return []
    hint = "Take the https:// address from Setup > Company > Company URLs in NetSuite."
    return [Error(f"{name} is not https.", hint=hint, id="netsuite.E001") for name in open_ones]


@register()
def failpoints_are_off(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not os.environ.get(failpoints.VARIABLE) or failpoints.are_allowed():
        return []
    hint = f"Remove {failpoints.VARIABLE} from the environment: it kills this program on purpose."
    return [Error(f"{failpoints.VARIABLE} is set in production.", hint=hint, id="netsuite.E002")]
