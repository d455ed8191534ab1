"""What the environment decides, seen from a process started with it."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]
PRODUCTION = {"DATABASE_URL": "postgres://u:p@database.example.com/c", "SECRET_KEY": "k" * 60}
SHOW = "import json; from config import settings; print(json.dumps(settings.{name}, default=str))"


def read(name: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", SHOW.format(name=name)]
    return subprocess.run(command, cwd=HOUSE, env=environment, capture_output=True, text=True)


def value(name: str, environment: dict[str, str]) -> object:
    result = read(name, environment)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_embedded_key_is_made_once_and_private(process_environment: dict[str, str]) -> None:
    key = value("SECRET_KEY", process_environment)
    file = Path(process_environment["VAR_DIR"]) / "secret_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert value("SECRET_KEY", process_environment) == key == file.read_text()


def test_production_without_a_key_is_refused_with_the_cure(process_environment: dict[str, str]) -> None:
    environment = process_environment | {"DATABASE_URL": PRODUCTION["DATABASE_URL"], "PRODUCTION": "true"}
    result = read("SECRET_KEY", environment)
    assert result.returncode == 1
    assert "SECRET_KEY is missing" in result.stderr
    assert not (Path(environment["VAR_DIR"]) / "secret_key").exists()


def test_production_refuses_a_moved_clock(process_environment: dict[str, str]) -> None:
    environment = process_environment | PRODUCTION | {"PRODUCTION": "true", "CLOCK_OFFSET_SECONDS": "60"}
    assert "CLOCK_OFFSET_SECONDS must be 0" in read("DEBUG", environment).stderr


@pytest.mark.parametrize("name", ["NETSUITE_CONSUMER_KEY", "NETSUITE_TOKEN_SECRET", "NETSUITE_ACCOUNT"])
def test_the_simulators_credentials_end_with_the_embedded_mode(process_environment: dict[str, str], name: str) -> None:
    assert value(name, process_environment) != ""
    assert value(name, process_environment | PRODUCTION | {"PRODUCTION": "true"}) == ""


def test_a_secret_may_come_from_a_file(process_environment: dict[str, str], tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("from-the-file\n")
    environment = process_environment | {"NETSUITE_TOKEN_FILE": str(secret), "NETSUITE_TOKEN": "overruled"}
    assert value("NETSUITE_TOKEN", environment) == "from-the-file"


def test_an_account_gives_its_own_address(process_environment: dict[str, str]) -> None:
    environment = process_environment | {"NETSUITE_ACCOUNT": "1234567_SB1"}
    assert value("NETSUITE_RESTLET_BASE_URL", environment) == "https://1234567-sb1.restlets.api.netsuite.com"


def test_cache_never_shares_the_brokers_database(process_environment: dict[str, str]) -> None:
    environment = process_environment | {"CELERY_BROKER_URL": "redis://redis.example.com:6379/0"}
    caches = value("CACHES", environment)
    assert isinstance(caches, dict)
    assert caches["default"]["LOCATION"] == "redis://redis.example.com:6379/1"


@pytest.mark.parametrize("scheme", ["smtp", "smtp+tls", "smtp+ssl"])
def test_mail_over_smtp_tells_of_every_refused_recipient(process_environment: dict[str, str], scheme: str) -> None:
    environment = process_environment | {"EMAIL_URL": f"{scheme}://user:word@mail.example.com:587"}
    assert value("EMAIL_BACKEND", environment) == "approvals.mail.smtp.EmailBackend"


def test_the_companys_calendar_is_read(process_environment: dict[str, str]) -> None:
    assert value("BUSINESS_DAYS", process_environment) == ["MON", "TUE", "WED", "THU", "FRI"]
    environment = process_environment | {"BUSINESS_DAYS": "sat, MON", "BUSINESS_HOLIDAYS": "2026-12-25, 2026-11-26"}
    assert value("BUSINESS_DAYS", environment) == ["MON", "SAT"]
    assert value("BUSINESS_HOLIDAYS", environment) == ["2026-11-26", "2026-12-25"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"BUSINESS_DAYS": "MON,DAY"}, "BUSINESS_DAYS is DAY"),
        ({"BUSINESS_DAYS": " "}, "BUSINESS_DAYS is empty"),
        ({"BUSINESS_HOLIDAYS": "25.12.2026"}, "write dates such as 2026-12-25"),
    ],
)
def test_a_wrong_calendar_is_refused_with_the_cure(
    process_environment: dict[str, str], given: dict[str, str], told: str
) -> None:
    assert told in read("BUSINESS_DAYS", process_environment | given).stderr


def test_the_managers_mail_goes_to_the_warehouse_unless_told(process_environment: dict[str, str]) -> None:
    environment = process_environment | {"WAREHOUSE_MAILBOX": "stock@example.com"}
    assert value("INVENTORY_MANAGER_MAILBOX", environment) == "stock@example.com"
