"""What each role may do here; see `approvals.roles`. Counters see no expected quantities: the count is blind."""

_EVERYTHING = [
    f"inventory.view_{model}"
    for model in [
        "item",
        "assemblycomponent",
        "location",
        "zone",
        "balance",
        "authoritychange",
        "movement",
        "parity",
        "countsheet",
        "countline",
        "upload",
        "excelsync",
        "syncline",
        "variance",
        "adjustment",
        "stockquestion",
        "historicalitem",
        "historicallocation",
        "historicalzone",
        "historicalassemblycomponent",
    ]
]

ROLES = {
    "counter": [
        "inventory.submit_count",
        "inventory.sync_stock",
        "inventory.view_countsheet",
        "inventory.view_excelsync",
        "inventory.view_upload",
        "inventory.view_zone",
        "inventory.view_item",
        "inventory.view_stockquestion",
        "inventory.answer_stockquestion",
    ],
    "approver": [
        *_EVERYTHING,
        "inventory.view_expected",
        "inventory.view_cost",
        "inventory.submit_count",
        "inventory.sync_stock",
        "inventory.change_authority",
        "inventory.answer_stockquestion",
    ],
    "auditor": [*_EVERYTHING, "inventory.view_expected", "inventory.view_cost"],
    "integrator": [
        "inventory.submit_count",
        "inventory.sync_stock",
        "inventory.view_zone",
        "inventory.view_item",
        "inventory.view_countsheet",
        "inventory.view_balance",
        "inventory.view_parity",
    ],
    "price viewer": ["inventory.view_cost"],
}
