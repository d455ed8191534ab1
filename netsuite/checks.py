"""System checks: what is misconfigured, in a sentence, before anything is sent."""

import os
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from netsuite import configuration, credentials

SECRET_SETTINGS = {
    credentials.TBA: (
        "NETSUITE_CONSUMER_KEY",
        "NETSUITE_CONSUMER_SECRET",
        "NETSUITE_TOKEN",
        "NETSUITE_TOKEN_SECRET",
    ),
    credentials.M2M: ("NETSUITE_PRIVATE_KEY",),
}


@register()
def connection_is_complete(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A warning, not an error: the rest of the application works while NetSuite is not set up."""
    problems = configuration.connection().problems
    return [checks.Warning(f"NetSuite: {problem}", id="netsuite.W001") for problem in problems]


@register()
def key_is_strong(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    advice = configuration.connection().credentials.advice
    return [checks.Warning(f"NetSuite: {sentence}", id="netsuite.W002") for sentence in advice]


@register()
def secret_files_are_closed(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Only those the chosen signer reads."""
    names = SECRET_SETTINGS.get(settings.NETSUITE_AUTH, ())
    files = {f"{name}_FILE": os.environ.get(f"{name}_FILE", "") for name in names}
    if settings.NETSUITE_AUTH == credentials.M2M:
        files["NETSUITE_PRIVATE_KEY_FILE"] = settings.NETSUITE_PRIVATE_KEY_FILE
    return [checks.Warning(f"NetSuite: {sentence}", id="netsuite.W003") for sentence in credentials.open_files(files)]


@register()
def secrets_travel_encrypted(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.PRODUCTION:
        return []
    hint = "Take the https:// address from Setup > Company > Company URLs in NetSuite."
    return [
        Error(f"{name} is not https.", hint=hint, id="netsuite.E001")
        for name, address in configuration.connection().addresses.items()
        if address.startswith("http://")
    ]
