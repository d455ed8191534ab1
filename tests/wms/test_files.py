"""A file is the same way in: same rules, once, and known again beside requests."""

import json
from typing import Any

import pytest
from django.core.management import call_command

from inventory.models import WmsMessage, WmsUpdate
from tests import factories as make
from tests.wms.sending import Wms, fed_stock, stored

pytestmark = pytest.mark.django_db
HEADER = "wms_id,sku,quantity,status,received_at,sequence"


@pytest.fixture
def home() -> Any:
    return make.zone()


@pytest.fixture
def wms(home) -> Wms:
    return Wms(home, "main")


def ingest(path: Any, capsys: Any, *more: str) -> tuple[int, Any]:
    code = 0
    try:
        call_command("ingest_wms", str(path), "--client", "main", "--json", *more)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, json.loads(capsys.readouterr().out)


def as_line(update: dict[str, Any]) -> str:
    return ",".join(str(update[name]) for name in HEADER.split(","))


def test_a_table_is_taken_once_and_known_beside_requests(home, wms, tmp_path, capsys):
    what, other = fed_stock(100, home=home, code="00417"), fed_stock(100, home=home, allows_fractions=True)
    updates = [wms.update(1, what, 90), wms.update(2, other, 2.5), wms.update(3, what, -1)]
    wms.send(updates[0])
    path = tmp_path / "day.csv"
    path.write_text("\ufeff" + "\r\n".join([HEADER, *map(as_line, updates)]), encoding="utf-8")
    code, said = ingest(path, capsys)
    assert code == 1
    assert said["tally"] == {"duplicate": 1, "applied": 1, "quarantined": 1}
    assert [result["result"] for result in said["results"]] == ["duplicate", "applied", "quarantined"]
    assert make.on_hand(other, home) == 2.5
    before = stored()
    assert ingest(path, capsys)[1]["taken_before"] == 1
    assert stored() == before
    assert WmsMessage.objects.filter(source="file").count() == 1


def test_json_lines_of_the_second_schema_in_parts_of_a_thousand(home, wms, tmp_path, capsys):
    what = fed_stock(100, home=home)
    moment = wms.update(0, what, 0)["received_at"]
    about = {"schema_version": 2, "item": {"code": what.item_code}, "observed_at": moment}
    lines = [json.dumps(about | {"seq": n, "quantities": {"on_hand": n}}) for n in range(1, 1502)]
    path = tmp_path / "day.jsonl"
    path.write_text("\n".join(lines) + "\n\n")
    code, said = ingest(path, capsys)
    assert (code, said["messages"], said["tally"]) == (0, 2, {"applied": 1501})
    assert make.on_hand(what, home) == 1501


REFUSED = {
    "empty": b" \n",
    "UTF-8": b"\xff\xfe\x00",
    "columns sequence": f"{HEADER.rpartition(',')[0]}\nmain,1,1,available,x".encode(),
    "Line 2": b'{"schema_version": 1}\n{"schema',
    "no object with a schema_version": b'{"sequence": 1}',
    "mixes schema versions 1, 2": b'{"schema_version": 1}\n{"schema_version": 2}',
    "comma-separated": b'wms_id,"sku',
}


@pytest.mark.parametrize("because", REFUSED)
def test_a_file_that_is_neither_form_is_refused_whole(wms, tmp_path, capsys, because):
    path = tmp_path / "file"
    path.write_bytes(REFUSED[because])
    code, said = ingest(path, capsys)
    assert code == 2
    assert because in " ".join(said["errors"])
    assert not WmsUpdate.objects.exists()


def test_an_unknown_or_disabled_client_is_named(home, wms, tmp_path, capsys):
    path = tmp_path / "file"
    path.write_text(HEADER)
    with pytest.raises(SystemExit):
        call_command("ingest_wms", str(path), "--client", "nobody")
    assert "Clients: main." in capsys.readouterr().err
    wms.client.is_enabled = False
    wms.client.save()
    assert "disabled" in ingest(path, capsys)[1]["errors"][0]
    assert ingest(tmp_path / "none", capsys)[0] == 2
