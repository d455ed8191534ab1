"""What a simulator is started with."""

from dataclasses import dataclass
from pathlib import Path

VERSION = "1.2.0"
CONTRACT = 1


@dataclass(frozen=True)
class Options:
    """Start values; the credentials are the published development ones and open nothing but a simulator."""

    port: int = 8099
    control_port: int = 8100
    host: str = "127.0.0.1"
    control_host: str = "127.0.0.1"
    state: Path | None = None
    records: Path | None = None
    strict: bool = False
    scenario: str = "none"
    seed: int = 1
    slots: int = 5
    background_load: int = 0
    refuse_negative_stock: bool = False
    tax_rate: str = "0"
    restlet_auth_status: int = 401
    trust_forwarded_proto: bool = False
    account: str = "TSTDRV1"
    consumer_key: str = "sim-consumer-key"
    consumer_secret: str = "sim-consumer-secret"
    token: str = "sim-token"
    token_secret: str = "sim-token-secret"
    client_id: str = "sim-client-id"
    certificate_id: str = "sim-certificate"
    public_key: Path | None = None
    token_lifetime: int = 3600
    hash_field: str = "custbody_countersign_payload_hash"
    script: str = "customscript_countersign_push"
    deployment: str = "customdeploy_countersign_push"
    exit_with_parent: bool = False
