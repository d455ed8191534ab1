"""The admin's sidebar: what each person may open, in the order of the day's work."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse


@dataclass(frozen=True)
class Entry:
    """A link shown to whoever holds all these permissions."""

    title: str
    icon: str
    page: str
    permissions: tuple[str, ...]


GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "Work",
        (
            Entry("Dashboard", "dashboard", "index", ()),
            Entry("To decide", "gavel", "approvals_proposedaction_changelist", ("approvals.view_proposedaction",)),
            Entry("Count sheets", "fact_check", "inventory_countsheet_changelist", ("inventory.view_countsheet",)),
            Entry("Excel syncs", "table_view", "inventory_excelsync_changelist", ("inventory.view_excelsync",)),
            Entry("Questions", "help", "inventory_stockquestion_changelist", ("inventory.view_stockquestion",)),
            Entry("Rotation plan", "event_repeat", "inventory_zone_rotation", ("inventory.view_zone",)),
            Entry(
                "Variances",
                "difference",
                "inventory_variance_changelist",
                ("inventory.view_variance", "inventory.view_expected"),
            ),
        ),
    ),
    (
        "Stock",
        (
            Entry("Items", "package_2", "inventory_item_changelist", ("inventory.view_item",)),
            Entry("Balances", "inventory_2", "inventory_balance_changelist", ("inventory.view_balance",)),
            Entry("Orders", "shopping_cart", "inventory_order_changelist", ("inventory.view_order",)),
            Entry(
                "To enter in Excel", "edit_note", "inventory_excelupdate_changelist", ("inventory.view_excelupdate",)
            ),
            Entry("Movements", "swap_vert", "inventory_movement_changelist", ("inventory.view_movement",)),
            Entry(
                "Count lines",
                "format_list_numbered",
                "inventory_countline_changelist",
                ("inventory.view_countline", "inventory.view_expected"),
            ),
            Entry("Adjustments", "tune", "inventory_adjustment_changelist", ("inventory.view_adjustment",)),
            Entry("End of day", "edit_document", "inventory_dayendreport_changelist", ("inventory.view_dayendreport",)),
            Entry("Zones", "grid_view", "inventory_zone_changelist", ("inventory.view_zone",)),
            Entry("Locations", "warehouse", "inventory_location_changelist", ("inventory.view_location",)),
        ),
    ),
    (
        "Quotes",
        (
            Entry("Quotes", "request_quote", "quotes_quote_changelist", ("quotes.view_quote",)),
            Entry("Pricing master", "sell", "quotes_pricingmaster_changelist", ("quotes.view_pricingmaster",)),
            Entry("Customers", "school", "quotes_customer_changelist", ("quotes.view_customer",)),
            Entry("Contacts", "contacts", "quotes_customercontact_changelist", ("quotes.view_customercontact",)),
            Entry("Programs", "restaurant", "quotes_customerprogram_changelist", ("quotes.view_customerprogram",)),
            Entry("Spec items", "lunch_dining", "quotes_specitem_changelist", ("quotes.view_specitem",)),
            Entry("Catalogs", "menu_book", "quotes_catalog_changelist", ("quotes.view_catalog",)),
        ),
    ),
    (
        "NetSuite",
        (
            Entry("Pushes", "cloud_upload", "netsuite_push_changelist", ("netsuite.view_push",)),
            Entry("Parity", "compare_arrows", "inventory_parity_changelist", ("inventory.view_parity",)),
        ),
    ),
    (
        "WMS",
        (
            Entry(
                "Oversold",
                "production_quantity_limits",
                "inventory_oversellincident_changelist",
                ("inventory.view_oversellincident",),
            ),
            Entry("Disputes", "thumbs_up_down", "inventory_wmsdispute_changelist", ("inventory.view_wmsdispute",)),
            Entry(
                "Reconciliations",
                "balance",
                "inventory_wmsreconciliation_changelist",
                ("inventory.view_wmsreconciliation",),
            ),
            Entry("Waves", "waves", "inventory_wmsrollout_changelist", ("inventory.view_wmsrollout",)),
            Entry("Messages", "mark_email_read", "inventory_wmsmessage_changelist", ("inventory.view_wmsmessage",)),
            Entry("Updates", "checklist", "inventory_wmsupdate_changelist", ("inventory.view_wmsupdate",)),
            Entry("Gaps", "unfold_more", "inventory_wmsgap_changelist", ("inventory.view_wmsgap",)),
            Entry("Clients", "warehouse", "inventory_wmsclient_changelist", ("inventory.view_wmsclient",)),
            Entry("Keys", "key", "inventory_wmskey_changelist", ("inventory.view_wmskey",)),
        ),
    ),
    (
        "Events out",
        (
            Entry("Subscriptions", "webhook", "approvals_subscription_changelist", ("approvals.view_subscription",)),
            Entry("Deliveries", "outbox", "approvals_delivery_changelist", ("approvals.view_delivery",)),
        ),
    ),
    (
        "Record",
        (
            Entry("Runs", "timeline", "approvals_workflowrun_changelist", ("approvals.view_workflowrun",)),
            Entry("Alerts", "notifications", "approvals_alert_changelist", ("approvals.view_alert",)),
            Entry("Verify checks", "verified", "approvals_verifycheck_changelist", ("approvals.view_verifycheck",)),
            Entry("Journal", "menu_book", "approvals_journalentry_changelist", ("approvals.view_journalentry",)),
            Entry("Events", "bolt", "approvals_event_changelist", ("approvals.view_event",)),
            Entry("E-mail", "mail", "approvals_outboundemail_changelist", ("approvals.view_outboundemail",)),
            Entry("Uploads", "upload_file", "inventory_upload_changelist", ("inventory.view_upload",)),
            Entry("Audit trail", "policy", "approvals_auditentry_changelist", ("approvals.view_auditentry",)),
        ),
    ),
    (
        "Settings",
        (
            Entry("Guardrails", "rule", "approvals_guardrail_changelist", ("approvals.view_guardrail",)),
            Entry("Edit tokens", "key", "approvals_edittoken_changelist", ("approvals.view_edittoken",)),
            Entry("Users", "person", "auth_user_changelist", ("auth.view_user",)),
            Entry("Roles", "group", "auth_group_changelist", ("auth.view_group",)),
            Entry("Slots", "event_available", "approvals_scheduledslot_changelist", ("approvals.view_scheduledslot",)),
            Entry(
                "Schedule",
                "schedule",
                "django_celery_beat_periodictask_changelist",
                ("django_celery_beat.view_periodictask",),
            ),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's navigation: the groups in which this person may open something."""
    groups = [(title, [entry for entry in entries if _may_open(request.user, entry)]) for title, entries in GROUPS]
    here = _here(request, [entry for _, entries in groups for entry in entries])
    return [
        {
            "title": title,
            "separator": position > 0,
            "collapsible": title in {"Record", "Settings"},
            "items": [_item(entry, here) for entry in entries],
        }
        for position, (title, entries) in enumerate(groups)
        if entries
    ]


def _here(request: HttpRequest, entries: list[Entry]) -> str:
    """The one entry the page belongs to: the rotation plan lies below the zones, and only one of them is active."""
    found = [address for entry in entries if request.path.startswith(address := _address(entry))]
    return max(found, key=len, default="")


def _may_open(user: Any, entry: Entry) -> bool:
    return bool(user.has_perms(entry.permissions)) and bool(_address(entry))


def _item(entry: Entry, here: str) -> dict[str, Any]:
    address = _address(entry)
    return {"title": entry.title, "icon": entry.icon, "link": address, "active": address == here}


def _address(entry: Entry) -> str:
    """Empty for a page that is not installed."""
    try:
        return reverse(f"admin:{entry.page}")
    except NoReverseMatch:
        return ""
