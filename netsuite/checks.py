"""System checks: what is misconfigured, in a sentence, before anything is sent."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from netsuite import configuration


@register()
def connection_is_complete(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A warning, not an error: the rest of the application works while NetSuite is not set up."""
    problems = configuration.connection().problems
    return [checks.Warning(f"NetSuite: {problem}", id="netsuite.W001") for problem in problems]


@register()
def secrets_travel_encrypted(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    address = configuration.connection().restlet_base_url
    if not settings.PRODUCTION or not address.startswith("http://"):
        return []
    hint = "Take the https:// address from Setup > Company > Company URLs in NetSuite."
    return [Error("NETSUITE_RESTLET_BASE_URL is not https.", hint=hint, id="netsuite.E001")]
