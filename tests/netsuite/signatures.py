"""Signatures Oracle publishes, and vectors two independent implementations agree on."""

import re
from urllib.parse import unquote

from netsuite.signing import TbaSigner

ORACLE = TbaSigner(
    account="123456",
    consumer_key="ef40afdd8abaac111b13825dd5e5e2ddddb44f86d5a0dd6dcf38c20aae6b67e4",
    consumer_secret="d26ad321a4b2f23b0741c8d38392ce01c3e23e109df6c96eac6d099e9ab9e8b5",
    token="2b0ce516420110bcbd36b69e99196d1b7f6de3c6234c5afb799b73d87569f5cc",
    token_secret="c29a677df7d5439a458c063654187e3d678d73aca8e3c9d8bea1478a3eb0d295",
)
ORACLE_MOMENT = {"nonce": "fjaLirsIcCGVZWzBX0pg", "timestamp": 1508242306}
OURS = TbaSigner("1234567_sb1", "ck-0001", "cs-0001", "tk-0001", "ts-0001")
OUR_MOMENT = {"nonce": "n0nce0123456789abcde", "timestamp": 1767225600}
RECORD_API = "https://1234567-sb1.suitetalk.api.netsuite.com/services/rest/record/v1"

VECTORS = [
    (
        ORACLE,
        ORACLE_MOMENT,
        "POST",
        "https://123456.restlets.api.netsuite.com/app/site/hosting/restlet.nl"
        "?script=6&deploy=1&customParam=someValue&testParam=someOtherValue",
        "+KK4SKNgz4ZiILGLwOMtfYlgcXSy1eis8ldE9X90azQ=",
    ),
    (
        ORACLE,
        ORACLE_MOMENT,
        "GET",
        "https://123456.suitetalk.api.netsuite.com/services/rest/record/v1/employee/40",
        "B5OIWznZ2YP0OB7VrJrGkYsTh+8H+5T9Hag+o92q0zY=",
    ),
    (
        OURS,
        OUR_MOMENT,
        "POST",
        "https://1234567-sb1.restlets.api.netsuite.com/app/site/hosting/restlet.nl"
        "?script=customscript_bo_push&deploy=customdeploy_bo_push",
        "lj+B4CNVafmEDqttxyQ2T/vQ4MC+jiiN8kRq370Aj/4=",
    ),
    (
        OURS,
        OUR_MOMENT,
        "GET",
        "http://127.0.0.1:8099/app/site/hosting/restlet.nl?script=customscript_bo_push"
        "&deploy=customdeploy_bo_push&recordtype=estimate&externalid=BO-Q-000017",
        "jroJPol0nH+PkPTnl0qJoyOqaM3qq7SlJ/5NWwihX+M=",
    ),
    (
        OURS,
        OUR_MOMENT,
        "GET",
        f"{RECORD_API}/estimate?q=externalId%20IS%20%22a%20b%2Bc%22&limit=2",
        "nTRUE0dR6Y6qzXZLU1gVOe41gcWkD2kH0VFqy5GV0jY=",
    ),
    (
        OURS,
        OUR_MOMENT,
        "PUT",
        f"{RECORD_API}/estimate/eid:BO-Q-000017?replace=item",
        "6bTHIlU6/oFwWedaesAXu1wMB85HJscux1wXIWp/1KM=",
    ),
]


def parts(authorization: str) -> dict[str, str]:
    """What an Authorization header says."""
    return {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', authorization)}
