"""Districts with their contacts and programs on one page, and each of the three as a spreadsheet."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from import_export.admin import ImportExportMixin
from import_export.fields import Field
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.contrib.import_export.forms import ExportForm, ImportForm
from unfold.decorators import display

from approvals.admin.histories import HistoryAdmin
from inventory.admin.importing import CodeWidget
from quotes.admin.bulk_import import BulkResource
from quotes.admin.widgets import ChoiceWidget, SchoolYearWidget, StatusWidget, TextWidget, customer_widget
from quotes.entity_status import EntityStatus
from quotes.models import Customer, CustomerContact, CustomerProfile, CustomerProgram
from quotes.models.years import school_year_text

STATUS_COLOURS = {
    EntityStatus.ACTIVE.value: "success",
    EntityStatus.HOLD.value: "danger",
    EntityStatus.INACTIVE.value: "default",
    EntityStatus.UNKNOWN.value: "warning",
}


class SpreadsheetAdmin(ImportExportMixin, HistoryAdmin):
    """A screen whose rows also come and go as a file."""

    import_form_class = ImportForm
    export_form_class = ExportForm
    import_template_name = "inventory/import.html"
    list_filter_submit = True
    list_per_page = 50


class CustomerResource(BulkResource):
    code = Field(attribute="code", column_name="code", widget=CodeWidget())
    entitystatus = Field(attribute="entitystatus", column_name="status", widget=StatusWidget())
    delivery_terms = Field(
        attribute="delivery_terms",
        column_name="delivery_terms",
        widget=ChoiceWidget(Customer.DeliveryTerms.choices, Customer.DeliveryTerms.DELIVERED),
    )

    class Meta(BulkResource.Meta):
        model = Customer
        import_id_fields = ("code",)
        fields = (
            *("code", "name", "entitystatus", "terms", "netsuite_id", "bill_to", "deliver_to", "delivery_terms"),
            *("delivery_notes", "tax_exempt", "tax_certificate"),
        )
        export_order = fields


class ContactResource(BulkResource):
    """Found by district and e-mail address, whatever its case."""

    customer = Field(attribute="customer", column_name="customer", widget=customer_widget())
    email = Field(attribute="email", column_name="email", widget=TextWidget("e-mail address"))

    class Meta(BulkResource.Meta):
        model = CustomerContact
        import_id_fields = ("customer", "email")
        fields = ("customer", "name", "title", "email", "phone", "receives_quotes", "is_active")
        export_order = fields

    def key_in(self, row: Any) -> tuple[Any, ...] | None:
        key = super().key_in(row)
        return key and (key[0], key[1].lower())

    def key_of(self, instance: CustomerContact) -> tuple[Any, ...]:
        return (instance.customer_id, instance.email.lower())


class ProgramResource(BulkResource):
    customer = Field(attribute="customer", column_name="customer", widget=customer_widget())
    program_code = Field(attribute="program_code", column_name="program_code", widget=TextWidget("program code"))
    school_year = Field(
        attribute="school_year", column_name="school_year", widget=SchoolYearWidget(optional=True), default=None
    )
    kind = Field(
        attribute="kind",
        column_name="kind",
        widget=ChoiceWidget(CustomerProgram.Kind.choices, CustomerProgram.Kind.OTHER),
    )
    status = Field(
        attribute="status",
        column_name="status",
        widget=ChoiceWidget(CustomerProgram.Status.choices, CustomerProgram.Status.ACTIVE),
    )

    class Meta(BulkResource.Meta):
        model = CustomerProgram
        import_id_fields = ("customer", "program_code", "school_year")
        fields = ("customer", "program_code", "school_year", "kind", "reference", "status")
        export_order = fields

    def get_queryset(self) -> QuerySet[CustomerProgram]:
        return CustomerProgram.objects.filter(deleted_at=None)


class ContactInline(TabularInline):
    model = CustomerContact
    fields = ("name", "title", "email", "phone", "receives_quotes", "is_active")
    extra = 0
    verbose_name, verbose_name_plural = "contact", "contacts"


class ProgramInline(TabularInline):
    model = CustomerProgram
    fields = ("program_code", "kind", "school_year", "reference", "status", "deleted_at")
    extra = 0
    verbose_name, verbose_name_plural = "program", "programs"


@admin.register(Customer)
class CustomerAdmin(SpreadsheetAdmin):
    empty_hint = "Import your districts from a spreadsheet, or add the first by hand."
    resource_classes = (CustomerResource,)
    list_display = ("code", "name", "standing", "terms", "delivery_terms", "tax_exempt", "last_quoted")
    list_filter = (("entitystatus", ChoicesDropdownFilter), ("tax_exempt", BooleanRadioFilter))
    list_select_related = ("profile",)
    search_fields = ("code", "name", "=netsuite_id", "contacts__email")
    search_help_text = "Code, name, NetSuite id, or a contact's e-mail address"
    inlines = (ContactInline, ProgramInline)
    readonly_fields = ("last_quoted",)
    fieldsets = (
        (None, {"fields": (("code", "name"), ("entitystatus", "netsuite_id"), ("terms", "last_quoted"))}),
        ("Delivery", {"fields": (("delivery_terms", "delivery_notes"), ("bill_to", "deliver_to"))}),
        ("Tax", {"fields": (("tax_exempt", "tax_certificate"),)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The code is on quotes and in files: it is fixed once given."""
        return ("code", "last_quoted") if obj else ("last_quoted",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A district is made inactive; what was priced and quoted keeps its name."""
        return False

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            CustomerProfile.objects.create(customer=obj)

    @display(description="Status", label=STATUS_COLOURS, ordering="entitystatus")
    def standing(self, customer: Customer) -> tuple[str, str]:
        return customer.entitystatus, customer.get_entitystatus_display()

    @display(description="Last quote event", ordering="profile__last_quote_event")
    def last_quoted(self, customer: Customer) -> Any:
        profile = getattr(customer, "profile", None)
        return profile.last_quote_event if profile else None


class OfCustomer(SpreadsheetAdmin):
    """Rows that belong to a district."""

    list_select_related = ("customer",)
    autocomplete_fields = ("customer",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related(*self.list_select_related)


@admin.register(CustomerContact)
class CustomerContactAdmin(OfCustomer):
    empty_hint = "A quote is mailed to contacts marked for quotes. Import them, or add them to a customer."
    resource_classes = (ContactResource,)
    list_display = ("name", "customer", "title", "email", "phone", "receives_quotes", "is_active")
    list_filter = (("receives_quotes", BooleanRadioFilter), ("is_active", BooleanRadioFilter))
    search_fields = ("name", "email", "customer__code", "customer__name")
    fields = (("customer", "name"), ("title", "phone"), ("email", "receives_quotes"), "is_active")


@admin.register(CustomerProgram)
class CustomerProgramAdmin(OfCustomer):
    empty_hint = "Programs tell which commodity prices a customer may use. Import them, or add them to a customer."
    resource_classes = (ProgramResource,)
    list_display = ("program_code", "customer", "kind", "year", "reference", "status", "deleted_at")
    list_filter = (("kind", ChoicesDropdownFilter), ("status", ChoicesDropdownFilter))
    search_fields = ("program_code", "reference", "customer__code", "customer__name")
    fields = (("customer", "program_code"), ("kind", "school_year"), ("reference", "status"), "deleted_at")

    @display(description="School year", ordering="school_year")
    def year(self, program: CustomerProgram) -> str:
        return school_year_text(program.school_year) or "Every year"
