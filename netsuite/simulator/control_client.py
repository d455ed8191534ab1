"""A client for the control port, for tests and demonstrations."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

_OPENER = build_opener(ProxyHandler({}))


class ControlError(Exception):
    """The control port refused the call; the message is its own."""


class SimulatorControl:
    """Every method is one call; answers are the decoded JSON."""

    def __init__(self, base_url: str, *, timeout: float = 60.0) -> None:
        self.base_url = base_url.rstrip("/")
        self._timeout = timeout

    def status(self) -> dict[str, Any]:
        return dict(self._call("GET", "/status"))

    def reset(self) -> None:
        self._call("POST", "/reset", {})

    def seed(self, **sections: list[dict[str, Any]]) -> dict[str, int]:
        """Sections: ``subsidiaries accounts locations items periods balances``."""
        return dict(self._call("POST", "/seed", sections))

    def clock(self) -> dict[str, Any]:
        return dict(self._call("GET", "/clock"))

    def advance(self, seconds: float) -> dict[str, Any]:
        return dict(self._call("POST", "/clock", {"advance": seconds}))

    def skew(self, seconds: float) -> dict[str, Any]:
        return dict(self._call("POST", "/clock", {"skew": seconds}))

    def set_clock(self, iso_time: str) -> dict[str, Any]:
        return dict(self._call("POST", "/clock", {"set": iso_time}))

    def freeze(self, frozen: bool = True) -> dict[str, Any]:
        return dict(self._call("POST", "/clock", {"freeze": frozen}))

    def add_fault(self, effect: str, **rule: Any) -> int:
        """Fields: ``route method op record_type external_id nth probability count seconds value seed``."""
        return int(self._call("POST", "/faults", {"effect": effect, **rule})["id"])

    def faults(self) -> list[dict[str, Any]]:
        return list(self._call("GET", "/faults"))

    def unused_faults(self) -> list[dict[str, Any]]:
        return list(self._call("GET", "/faults/unused"))

    def clear_faults(self, rule_id: int | None = None) -> int:
        query = {} if rule_id is None else {"id": str(rule_id)}
        return int(self._call("DELETE", "/faults", query=query)["cleared"])

    def load_scenario(self, name: str) -> None:
        self._call("POST", "/scenario", {"name": name})

    def requests(self, *, external_id: str | None = None, limit: int = 500, after: int = 0) -> list[dict[str, Any]]:
        """Oldest first."""
        query = {"limit": str(limit), "after": str(after)} | ({"externalid": external_id} if external_id else {})
        return list(self._call("GET", "/requests", query=query))

    def audit_trail(self, *, limit: int = 500) -> list[dict[str, Any]]:
        return list(self._call("GET", "/audit-trail", query={"limit": str(limit)}))

    def transactions(self, external_id: str | None = None, *, limit: int = 500) -> list[dict[str, Any]]:
        """Newest first, with lines."""
        query = {"limit": str(limit)} | ({"externalid": external_id} if external_id else {})
        return list(self._call("GET", "/transactions", query=query))

    def balances(self, *, item: str | None = None, location: str | None = None) -> list[dict[str, Any]]:
        query = {key: value for key, value in (("item", item), ("location", location)) if value}
        return list(self._call("GET", "/balances", query=query))

    def duplicates(self) -> dict[str, list[dict[str, Any]]]:
        return dict(self._call("GET", "/duplicates"))

    def invariants(self) -> dict[str, Any]:
        return dict(self._call("GET", "/invariants"))

    def set_preferences(self, **given: Any) -> dict[str, Any]:
        """``refuse_negative_stock``, ``role``."""
        return dict(self._call("POST", "/preferences", given))

    def concurrency(self) -> dict[str, int]:
        return dict(self._call("GET", "/concurrency"))

    def set_concurrency(self, *, slots: int | None = None, background_load: int | None = None) -> dict[str, int]:
        given = {"slots": slots, "background_load": background_load}
        return dict(
            self._call("POST", "/concurrency", {key: value for key, value in given.items() if value is not None})
        )

    def tokens(self) -> list[dict[str, Any]]:
        return list(self._call("GET", "/tokens"))

    def revoke_token(self, token: str | None = None) -> None:
        self._token("revoke", token)

    def restore_token(self, token: str | None = None) -> None:
        self._token("restore", token)

    def unlock_user(self, token: str | None = None) -> None:
        self._token("unlock", token)

    def register_certificate(self, **given: Any) -> None:
        """Fields: ``id client_id public_key revoked``; left out, the command line's."""
        self._call("POST", "/certificates", given)

    def bearer_tokens(self) -> list[dict[str, Any]]:
        return list(self._call("GET", "/bearer-tokens"))

    def revoke_bearer_tokens(self) -> int:
        return int(self._call("POST", "/bearer-tokens", {"action": "revoke"})["ended"])

    def expire_bearer_tokens(self) -> int:
        return int(self._call("POST", "/bearer-tokens", {"action": "expire"})["ended"])

    def page(self) -> str:
        request = Request(self.base_url + "/")
        with _OPENER.open(request, timeout=self._timeout) as answer:
            return str(answer.read().decode())

    def _token(self, action: str, token: str | None) -> None:
        self._call("POST", "/tokens", {"action": action} | ({"token": token} if token else {}))

    def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, query: dict[str, str] | None = None
    ) -> Any:
        url = f"{self.base_url}{path}" + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        request = Request(url, data=data, method=method, headers={"Content-Type": "application/json"})
        try:
            with _OPENER.open(request, timeout=self._timeout) as answer:
                return json.loads(answer.read())
        except HTTPError as error:
            raise ControlError(json.loads(error.read()).get("error", str(error))) from error
