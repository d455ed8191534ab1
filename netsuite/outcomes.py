"""What one call to NetSuite came to. A type, not an exception: the drain must answer each of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

NOTABLE_SKEW = timedelta(seconds=60)


@dataclass(frozen=True)
class Clocks:
    """What the `Date` of an answer showed, and our own clock when it came."""

    theirs: datetime
    ours: datetime

    @property
    def sentence(self) -> str:
        ahead = self.theirs - self.ours
        apart = f"{abs(ahead).total_seconds():.0f} s {'ahead of' if ahead > timedelta(0) else 'behind'} this machine's"
        verdict = "the clocks agree" if abs(ahead) < NOTABLE_SKEW else f"NetSuite's clock is {apart}"
        moment = "%Y-%m-%d %H:%M:%S"
        return f"NetSuite's time was {self.theirs:{moment}} UTC and ours {self.ours:{moment}} UTC: {verdict}."


@dataclass(frozen=True)
class Exchange:
    """The call as it went over the wire; secrets are already blotted out of `raw`."""

    http_status: int | None = None
    raw: str = ""
    nonce: str = ""
    duration_ms: int = 0
    clocks: Clocks | None = None
    """None where no answer came, or one without a readable date."""
    logins: int = 1
    """How often a login was presented; two when a kept token was refused and a new one tried."""


@dataclass(frozen=True)
class RemoteRecord:
    """A transaction as NetSuite describes it. Figures are its own text, empty when it sent none."""

    internal_id: str
    tran_id: str
    external_id: str
    payload_hash: str
    line_count: int | None = None
    quantity_sum: str = ""
    subtotal: str = ""
    total: str = ""


NO_RECORD = RemoteRecord(internal_id="", tran_id="", external_id="", payload_hash="")


@dataclass(frozen=True)
class Failure:
    """Shared shape of everything that is not a success: the code and a sentence for a person."""

    exchange: Exchange
    code: str
    message: str


@dataclass(frozen=True)
class Confirmed:
    """NetSuite holds the record with our payload; `existing` when an earlier send had made it."""

    exchange: Exchange
    record: RemoteRecord
    existing: bool


@dataclass(frozen=True)
class Conflict(Failure):
    """Our external id is taken by another payload, by several records, or by a record that lost lines."""

    record: RemoteRecord | None = None


@dataclass(frozen=True)
class NotFound:
    """A look-up found nothing. Proves nothing by itself while an earlier send may still be running."""

    exchange: Exchange


@dataclass(frozen=True)
class Refused(Failure):
    """Certainly not executed; worth sending again."""

    may_be_recorded: bool = False
    unreachable: bool = False


@dataclass(frozen=True)
class Throttled(Failure):
    """Turned away for load."""

    may_be_recorded: bool = False
    retry_after: timedelta | None = None


@dataclass(frozen=True)
class Unknown(Failure):
    """Sent, and nobody knows whether it was recorded."""


@dataclass(frozen=True)
class Duplicate(Failure):
    """NetSuite says a record with this key exists; a look-up tells whether it is ours."""


@dataclass(frozen=True)
class Rejected(Failure):
    """Understood and refused; repeats until a person changes something."""

    stops_when_repeated: bool = False


@dataclass(frozen=True)
class Later(Failure):
    """Refused for something that passes: a lock, a receipt not yet posted."""


@dataclass(frozen=True)
class AuthStop(Failure):
    """Login refused."""


@dataclass(frozen=True)
class ConfigStop(Failure):
    """Wrong address, script, header or contract."""


@dataclass(frozen=True)
class Pong:
    """The answer to a ping; `clock_skew` is NetSuite's clock minus ours."""

    exchange: Exchange
    contract: int | None
    """None where no script of ours answers: the REST record API."""
    version: str
    account: str
    environment: str
    role: str
    user: str
    server_time: datetime | None
    clock_skew: timedelta | None
    features: dict[str, object]


@dataclass(frozen=True)
class Page:
    """One page of a query: `rows` as NetSuite sends them, keys in lower case, every value text."""

    exchange: Exchange
    rows: list[dict[str, str]]
    has_more: bool
    total: int


CallFailure = Refused | Throttled | Unknown | Duplicate | Rejected | Later | AuthStop | ConfigStop
PushOutcome = Confirmed | Conflict | CallFailure
LookupOutcome = Confirmed | Conflict | NotFound | CallFailure
PingOutcome = Pong | CallFailure
PageOutcome = Page | CallFailure
