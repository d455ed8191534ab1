"""SMTP that does not keep quiet about a recipient who was refused while others were not.

Django's backend drops what `smtplib` says of them, and the message would count as sent.
"""

import smtplib
from typing import Any

from django.core.mail.backends import smtp


class RefusedForSome(Exception):
    def __init__(self, refused: dict[str, tuple[int, bytes]]) -> None:
        words = (f"{who}: {code} {why.decode(errors='replace')}" for who, (code, why) in sorted(refused.items()))
        super().__init__(f"the mail server refused it for {'; '.join(words)}, and took it for the others")


class Outspoken(smtplib.SMTP):
    def sendmail(self, *args: Any, **kwargs: Any) -> dict[str, tuple[int, bytes]]:
        """As smtplib's; raises RefusedForSome in place of returning who was refused."""
        refused = super().sendmail(*args, **kwargs)
        if refused:
            raise RefusedForSome(refused)
        return refused


class OutspokenSSL(Outspoken, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return OutspokenSSL if self.use_ssl else Outspoken
