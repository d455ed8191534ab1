"""What each role may do here; see `approvals.roles`.

Counters see no expected quantities: the count is blind. The end-of-day report is for those who keep the workbook, who
know its quantities already.
"""

_WMS = [
    f"inventory.view_{model}"
    for model in [
        *("wmsclient", "wmskey", "wmsmessage", "wmsupdate", "wmsgap", "oversellincident", "wmsdispute"),
        *("wmsreconciliation", "wmsdifference", "wmsrollout", "wmsrolloutstep", "wmsagreement"),
    ]
]

_EVERYTHING = _WMS + [
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
        "order",
        "orderline",
        "excelupdate",
        "dayendreport",
        "historicalwmsclient",
    ]
]

_ORDERS = [
    "inventory.process_order",
    "inventory.view_order",
    "inventory.view_orderline",
    "inventory.view_excelupdate",
    "inventory.enter_excelupdate",
]

_DAY_END = ["inventory.view_dayendreport", "inventory.add_dayendreport", "inventory.enter_excelupdate"]

ROLES = {
    "counter": [
        "inventory.submit_count",
        "inventory.sync_stock",
        "inventory.view_countsheet",
        "inventory.view_excelsync",
        "inventory.view_upload",
        "inventory.view_zone",
        "inventory.view_item",
        *_DAY_END,
        "inventory.view_stockquestion",
        "inventory.answer_stockquestion",
    ],
    "approver": [
        *_EVERYTHING,
        *_ORDERS,
        *_DAY_END,
        "inventory.view_expected",
        "inventory.view_cost",
        "inventory.submit_count",
        "inventory.sync_stock",
        "inventory.change_authority",
        "inventory.reconcile_stock",
        "inventory.add_wmsreconciliation",
        "inventory.add_wmsrollout",
        "inventory.switch_wmsrollout",
        "inventory.override_wmsrollout",
        "inventory.retake_wmsupdate",
        "inventory.close_wmsgap",
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
        "inventory.process_order",
        "inventory.view_order",
        "inventory.view_excelupdate",
        *_WMS,
        "inventory.add_wmsclient",
        "inventory.change_wmsclient",
        "inventory.manage_wmskey",
        "inventory.add_wmsreconciliation",
        "inventory.add_wmsrollout",
        "inventory.retake_wmsupdate",
        "inventory.close_wmsgap",
    ],
    "order desk": [*_ORDERS, *_DAY_END, "inventory.view_item", "inventory.view_balance", "inventory.view_location"],
    "price viewer": ["inventory.view_cost"],
}
