"""Who we are in NetSuite: the two kinds of credentials, what is wrong with them, and the signer they make."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from django.conf import settings

from netsuite import private_keys, wire
from netsuite.machine_login import TOKEN_PATH, M2mSigner
from netsuite.signing import Signer, TbaSigner

TBA, M2M = "tba", "m2m"
SCOPES = ("restlets", "rest_webservices")


class Credentials(Protocol):
    @property
    def problems(self) -> list[str]: ...

    @property
    def advice(self) -> list[str]:
        """What works and should be better, one sentence each."""
        ...

    @property
    def secrets(self) -> tuple[str, ...]: ...

    def signer(self, account: str, rest_base_url: str, patience: wire.Patience) -> Signer: ...


@dataclass(frozen=True)
class TbaCredentials:
    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    token: str = field(repr=False)
    token_secret: str = field(repr=False)

    @property
    def problems(self) -> list[str]:
        return empty_settings(
            {
                "NETSUITE_CONSUMER_KEY": self.consumer_key,
                "NETSUITE_CONSUMER_SECRET": self.consumer_secret,
                "NETSUITE_TOKEN": self.token,
                "NETSUITE_TOKEN_SECRET": self.token_secret,
            }
        )

    @property
    def advice(self) -> list[str]:
        return []

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.consumer_secret, self.token_secret, self.token, self.consumer_key)

    def signer(self, account: str, rest_base_url: str, patience: wire.Patience) -> Signer:
        return TbaSigner(
            account=account,
            consumer_key=self.consumer_key,
            consumer_secret=self.consumer_secret,
            token=self.token,
            token_secret=self.token_secret,
        )


@dataclass(frozen=True)
class M2mCredentials:
    client_id: str
    certificate_id: str
    algorithm: str
    scopes: tuple[str, ...]
    scope_as_text: bool
    key_name: str
    """Where the key comes from, for sentences: the setting, or the setting and the file."""
    key_trouble: str = ""
    """Why the key file could not be read."""
    private_key: str = field(default="", repr=False)

    @property
    def problems(self) -> list[str]:
        found = empty_settings({"NETSUITE_CLIENT_ID": self.client_id, "NETSUITE_CERTIFICATE_ID": self.certificate_id})
        known = ", ".join(private_keys.ALGORITHMS)
        if self.algorithm not in private_keys.ALGORITHMS:
            found.append(f"NETSUITE_M2M_ALGORITHM is {self.algorithm!r}; NetSuite takes {known}.")
        if unknown := sorted(set(self.scopes) - {*SCOPES, "suite_analytics"}):
            found.append(
                f"NETSUITE_SCOPES names {', '.join(unknown)}; NetSuite has {', '.join(SCOPES)}, suite_analytics."
            )
        if not self.scopes:
            found.append("NETSUITE_SCOPES is empty; set it to restlets,rest_webservices.")
        return found + self._key_problems()

    def _key_problems(self) -> list[str]:
        if self.key_trouble:
            return [self.key_trouble]
        if not self.private_key:
            return ["NETSUITE_PRIVATE_KEY is empty; set it, or NETSUITE_PRIVATE_KEY_FILE, in the environment."]
        if self.algorithm not in private_keys.ALGORITHMS:
            return []
        problem = private_keys.problem(self.private_key, self.algorithm)
        return [f"{self.key_name} cannot be used: {problem}"] if problem else []

    @property
    def advice(self) -> list[str]:
        advice = private_keys.advice(self.private_key)
        return [f"{self.key_name} is on the short side: {advice}"] if advice else []

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.private_key,)

    def signer(self, account: str, rest_base_url: str, patience: wire.Patience) -> Signer:
        return M2mSigner(
            account=account,
            client_id=self.client_id,
            certificate_id=self.certificate_id,
            token_url=f"{rest_base_url}{TOKEN_PATH}",
            algorithm=self.algorithm,
            scopes=self.scopes,
            patience=patience,
            scope_as_text=self.scope_as_text,
            private_key=self.private_key,
        )


def from_settings(auth: str) -> Credentials:
    """Those of the chosen signer; the other's are not even read."""
    if auth == M2M:
        return _m2m()
    return TbaCredentials(
        consumer_key=settings.NETSUITE_CONSUMER_KEY,
        consumer_secret=settings.NETSUITE_CONSUMER_SECRET,
        token=settings.NETSUITE_TOKEN,
        token_secret=settings.NETSUITE_TOKEN_SECRET,
    )


def _m2m() -> M2mCredentials:
    key, trouble = settings.NETSUITE_PRIVATE_KEY, ""
    name = "NETSUITE_PRIVATE_KEY"
    if path := settings.NETSUITE_PRIVATE_KEY_FILE:
        name = f"NETSUITE_PRIVATE_KEY_FILE ({path})"
        key, trouble = _key_in(path)
    return M2mCredentials(
        client_id=settings.NETSUITE_CLIENT_ID,
        certificate_id=settings.NETSUITE_CERTIFICATE_ID,
        algorithm=settings.NETSUITE_M2M_ALGORITHM,
        scopes=tuple(settings.NETSUITE_SCOPES),
        scope_as_text=settings.NETSUITE_SCOPE_AS_TEXT,
        key_name=name,
        key_trouble=trouble,
        # One line of an environment file holds a whole PEM text with \n for its line ends.
        private_key=key.replace("\\n", "\n").strip(),
    )


def _key_in(path: str) -> tuple[str, str]:
    try:
        return Path(path).read_text(encoding="ascii"), ""
    except UnicodeDecodeError:
        return "", f"NETSUITE_PRIVATE_KEY_FILE: {path} holds no PEM text; export the key as PEM."
    except OSError as error:
        return "", f"NETSUITE_PRIVATE_KEY_FILE: cannot read {path} ({error.strerror})."


def open_files(files: Mapping[str, str]) -> list[str]:
    """Files of secrets, by the setting that names them, that everybody on this machine may read."""
    return [
        f"{name}: everybody on this machine may read {path}; take that right away (chmod 640)."
        for name, path in files.items()
        if path and Path(path).exists() and Path(path).stat().st_mode & stat.S_IROTH
    ]


def empty_settings(needed: Mapping[str, str]) -> list[str]:
    return [f"{name} is empty; set it in the environment." for name, value in needed.items() if not value]
