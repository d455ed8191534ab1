"""What each role may do with quotes; see `approvals.roles`. Cost and margin are for price viewers and approvers."""

_TABLES = (
    "customer",
    "customercontact",
    "customerprogram",
    "customerprofile",
    "specitem",
    "pricingmaster",
    "catalog",
    "catalogitem",
)
_VIEWS = [f"quotes.view_{table}" for table in (*_TABLES, "quote", "quoteline")]
_HISTORIES = [f"quotes.view_historical{table}" for table in (*_TABLES, "quote")]
_EDITS = [f"quotes.{verb}_{table}" for table in _TABLES for verb in ("add", "change")]
_TOKENS = ["approvals.view_edittoken", "approvals.add_edittoken"]

ROLES = {
    "quoter": [*_VIEWS, "quotes.draft_quote", *_TOKENS],
    "quote manager": [
        *(*_VIEWS, *_HISTORIES, *_EDITS, *_TOKENS),
        *("quotes.draft_quote", "quotes.record_outcome", "quotes.delete_customercontact"),
        *("quotes.delete_catalogitem",),
    ],
    "price viewer": ["quotes.view_cost"],
    "approver": [*_VIEWS, *_HISTORIES, "quotes.view_cost", "quotes.draft_quote", "quotes.record_outcome"],
    "auditor": [*_VIEWS, *_HISTORIES, "quotes.view_cost"],
}
