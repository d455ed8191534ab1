"""To whom a customer's quotes go: its active contacts that carry the mark, and nobody else."""

from collections.abc import Sequence

from quotes.models import CustomerContact

# Anybody can have an address there, so it says nothing about who reads it.
FREE_MAIL = {"gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "aol.com", "icloud.com", "proton.me", "live.com"}


def quote_contacts(customer_id: int) -> list[CustomerContact]:
    """In order of their names; the first is whom the quote is addressed to."""
    marked = CustomerContact.objects.filter(customer=customer_id, receives_quotes=True, is_active=True)
    return list(marked.exclude(email="").order_by("name", "pk"))


def recipient_warnings(customer_id: int) -> list[str]:
    addresses = [contact.email.lower() for contact in quote_contacts(customer_id)]
    if not addresses:
        return ["No contact of this customer is marked for quotes, so no e-mail can be drafted."]
    return [
        *(f"{address} is at a free mail service. Make sure it is the district's." for address in free_mail(addresses)),
        *_several_domains(addresses),
    ]


def free_mail(addresses: Sequence[str]) -> list[str]:
    return [address for address in addresses if domain_of(address) in FREE_MAIL]


def _several_domains(addresses: Sequence[str]) -> list[str]:
    domains = list(dict.fromkeys(map(domain_of, addresses)))
    if len(domains) < 2:
        return []
    return [f"The quote would go to {' and '.join(domains)}. Make sure all of them are this customer's."]


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()
