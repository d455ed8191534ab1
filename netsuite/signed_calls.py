"""A signed call: sign, send once, and at a refused login start over once with a new credential if there is one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from netsuite import answers, wire
from netsuite.configuration import BLOT, Connection, Timing
from netsuite.error_classes import Channel, ErrorClass
from netsuite.outcomes import CallFailure
from netsuite.retry import Signal, classify
from netsuite.signing import LoginFailed, Signature, Signer

_CHALLENGE = re.compile(r'error="(?P<code>[A-Za-z_]+)"')
JSON_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


@dataclass(frozen=True)
class Caller:
    """`largest_answer` is the most bytes of a body that are read."""

    connection: Connection
    signer: Signer
    timing: Timing
    largest_answer: int = wire.LARGEST_ANSWER

    def call(
        self, method: str, url: str, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> wire.Reply | CallFailure:
        """The answer, whatever it says; a failure when there was none, or when NetSuite asks to wait.

        A login refused before our request was looked at wrote nothing, so sending anew is safe.
        """
        message = wire.Message(method, url, JSON_HEADERS | dict(headers or {}), content)
        signature = self._signature(message)
        if not isinstance(signature, Signature):
            return signature
        reply = self._send(message, signature)
        if not _is_login_refusal(reply) or not self.signer.may_try_again(signature):
            return reply
        renewed = self._signature(message)
        if isinstance(renewed, Signature):
            reply = self._send(message, renewed)
            if isinstance(reply, wire.Reply) and _is_login_refusal(reply):
                self.signer.may_try_again(renewed)
                return replace(reply, exchange=replace(reply.exchange, logins=2))
            return reply
        return replace(renewed, exchange=replace(renewed.exchange, logins=2))

    def _signature(self, message: wire.Message) -> Signature | CallFailure:
        try:
            return self.signer.sign(method=message.method, url=message.url)
        except LoginFailed as failed:
            return failed.outcome

    def _send(self, message: wire.Message, signature: Signature) -> wire.Reply | CallFailure:
        signed = replace(message, headers={**message.headers, "Authorization": signature.authorization})

        def blot(text: str) -> str:
            clean = self.connection.blot(text)
            return clean.replace(signature.secret, BLOT) if signature.secret else clean

        reply = wire.exchange(
            signed, self.timing.patience, blot, nonce=signature.nonce, largest_answer=self.largest_answer
        )
        if isinstance(reply, wire.Silence):
            return answers.failure(reply.exchange, reply.signal)
        if reply.retry_after is not None and reply.status in {429, 503}:
            return answers.failure(reply.exchange, Signal(Channel.ANSWER, reply.status), reply.retry_after)
        if reply.status == 400 and (challenge := _challenge(reply)):
            return answers.failure(reply.exchange, Signal(Channel.ANSWER, reply.status, challenge))
        return reply


def _is_login_refusal(reply: wire.Reply | CallFailure) -> bool:
    """401, or the 403 some accounts answer; the code decides where there is one."""
    if not isinstance(reply, wire.Reply) or reply.status not in {401, 403}:
        return False
    code, message = answers.error_in(reply.body)
    return classify(Signal(Channel.ANSWER, reply.status, code, message)) is ErrorClass.STOP_AUTH


def _challenge(reply: wire.Reply) -> str:
    """The code of a `WWW-Authenticate: Bearer ... error="..."`, where the body gives none."""
    found = _CHALLENGE.search(reply.headers.get("WWW-Authenticate", ""))
    return found["code"].upper() if found and not answers.error_in(reply.body)[0] else ""
