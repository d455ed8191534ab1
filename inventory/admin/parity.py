"""Our balances beside NetSuite's: read-only, what differs and why, with the pushes and the proposed correction."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from unfold.contrib.filters.admin import DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from approvals.admin.links import link_to, page_of
from approvals.admin.record import RecordAdmin
from approvals.models import ProposedAction
from approvals.templatetags.figures import age, quantity, signed
from inventory.admin.stock import MOST_ITEMS_FOUND
from inventory.mirror.standing import mirror_standing
from inventory.models import Balance, Item, Parity
from netsuite.models import Push

State = Parity.State
COLOURS = {
    State.EQUAL: "success",
    State.PENDING: "info",
    State.DRIFT: "danger",
    State.ACCEPTED: "warning",
    State.MISSING_HERE: "danger",
    State.MISSING_THERE: "danger",
}
LOOKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "apart": ("Differs: drift or missing", Parity.APART),
    "equal": ("Equal", (State.EQUAL,)),
    "pending": ("Explained by pushes", (State.PENDING,)),
    "drift": ("Drift", (State.DRIFT,)),
    "missing": ("Missing on one side", (State.MISSING_HERE, State.MISSING_THERE)),
    "accepted": ("Differs, accepted", (State.ACCEPTED,)),
}
CURES = {
    State.EQUAL: "Nothing to do.",
    State.PENDING: "Nothing to do: these pushes are on their way to NetSuite.",
    State.DRIFT: "Decide the proposed correction, or correct NetSuite there. It is proposed when two looks in a row "
    "have found it.",
    State.ACCEPTED: "A person chose to live with this difference. When it changes, it is proposed again.",
    State.MISSING_HERE: "Decide the proposed correction. An item we do not know comes in with "
    "manage.py import_from_netsuite first.",
    State.MISSING_THERE: "Check in NetSuite that the item exists, is active and is stocked at this location, and that "
    "the item and the location carry NetSuite's internal ids here.",
}


class Look(DropdownFilter):
    title = "how it stands"
    parameter_name = "look"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(key, label) for key, (label, _) in LOOKS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Parity]) -> QuerySet[Parity]:
        chosen = LOOKS.get(self.value() or "")
        return queryset.filter(state__in=chosen[1]) if chosen else queryset


@admin.register(Parity)
class ParityAdmin(RecordAdmin):
    list_display = ("name", "location", "how", "here", "there", "on_its_way", "unexplained", "lasting", "decision")
    list_filter = (Look, ("location", RelatedDropdownFilter))
    list_filter_submit = True
    list_select_related = ("item", "location", "correction")
    ordering = ("item__item_code", "location")
    search_fields = ("item_name",)
    search_help_text = "Item code or description"
    list_before_template = "inventory/mirror_standing.html"
    fields = (
        *("item_link", "netsuite_item", "item_name", "location", "how", "cure", "here", "there", "on_its_way"),
        *("unexplained", "since", "push_links", "decision_link", "balance_link"),
    )
    readonly_fields = (
        *("item_link", "how", "cure", "here", "there", "on_its_way", "unexplained", "push_links"),
        *("decision_link", "balance_link"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Parity]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By our item, or by NetSuite's name of one we do not know."""
        if not search_term.strip():
            return queryset, False
        items, strangers = Item.objects.all(), Q(item=None)
        for word in search_term.split():
            items = items.filter(Q(item_code__icontains=word) | Q(description__icontains=word))
            strangers &= Q(item_name__icontains=word)
        found = list(items.order_by().values_list("pk", flat=True)[:MOST_ITEMS_FOUND])
        return queryset.filter(Q(item__in=found) | strangers), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        more = {"mirror": mirror_standing(), "is_empty": not Parity.objects.exists()}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    @display(description="Item")
    def name(self, row: Parity) -> str:
        return str(row.item) if row.item else f"{row.item_name} (not known here)"

    @display(description="State", label=COLOURS)
    def how(self, row: Parity) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @display(description="Here")
    def here(self, row: Parity) -> str:
        return quantity(row.our_quantity)

    @display(description="In NetSuite")
    def there(self, row: Parity) -> str:
        return quantity(row.netsuite_quantity)

    @display(description="On its way")
    def on_its_way(self, row: Parity) -> str:
        return signed(row.explained) if row.pushes else "–"

    @display(description="Difference")
    def unexplained(self, row: Parity) -> str:
        return signed(row.difference) if row.difference else "–"

    @display(description="For")
    def lasting(self, row: Parity) -> str:
        return age(row.since)

    @display(description="Correction")
    def decision(self, row: Parity) -> str:
        return row.correction.get_status_display() if row.correction else "–"

    @display(description="What to do")
    def cure(self, row: Parity) -> str:
        return CURES[State(row.state)]

    @display(description="Item")
    def item_link(self, row: Parity) -> str:
        return link_to(row.item)

    @display(description="Pushes")
    def push_links(self, row: Parity) -> str:
        pushes = Push.objects.filter(pk__in=row.pushes).order_by("pk")
        links = ((page_of(push), push.external_id, push.get_status_display()) for push in pushes)
        return format_html_join(", ", '<a class="cs-link" href="{}">{}</a> ({})', links) or "–"

    @display(description="Proposed correction")
    def decision_link(self, row: Parity) -> str:
        """Lines are decided inside their envelope."""
        if row.correction is None:
            return "–"
        action: ProposedAction = row.correction.envelope or row.correction
        return link_to(action, f"{row.correction.title} ({row.correction.get_status_display().lower()})")

    @display(description="Balance")
    def balance_link(self, row: Parity) -> str:
        return link_to(Balance.objects.filter(item=row.item, location=row.location).first() if row.item else None)
