"""Twelve invented districts from `districts.csv`: contacts, programs and a profile each; one is on hold."""

import csv
from datetime import datetime
from pathlib import Path

from quotes.demo.keeping import keep
from quotes.models import Customer, CustomerContact, CustomerProfile, CustomerProgram
from quotes.school_years import SchoolYear

DISTRICTS = Path(__file__).with_name("districts.csv")
PROCESSING = {"NOI", "FFS", "REBATE"}


def create_districts(year: SchoolYear, *, on: datetime) -> list[Customer]:
    """In the order of the file."""
    with DISTRICTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    customers = keep([_customer(row) for row in rows], on=on)
    pairs = list(zip(customers, rows, strict=True))
    keep([contact for customer, row in pairs for contact in _contacts(customer, row)], on=on)
    keep([program for customer, row in pairs for program in _programs(customer, row, year)], on=on)
    keep([CustomerProfile(customer=customer) for customer in customers], on=on)
    return customers


def _customer(row: dict[str, str]) -> Customer:
    return Customer(
        code=row["code"],
        name=row["name"],
        entitystatus=row["status"],
        terms=row["terms"],
        netsuite_id=str(4100 + sum(map(ord, row["code"]))),
        bill_to=f"{row['name']}\nAccounts payable\n{row['town']}",
        deliver_to="Per attached list of sites",
        delivery_terms=row["delivery_terms"],
        delivery_notes=row["delivery_notes"],
        tax_certificate=f"EX-{row['code']}-{sum(map(ord, row['name'])) % 10_000:04d}",
    )


def _contacts(customer: Customer, row: dict[str, str]) -> list[CustomerContact]:
    people = (
        (row["director"], "Food service director", True),
        (row["buyer"], "Purchasing agent", False),
    )
    return [
        CustomerContact(
            customer=customer,
            name=name,
            title=title,
            email=f"{name.lower().replace(' ', '.')}@{customer.code.lower()}.k12.example",
            phone=f"555-01{position}{len(customer.name) % 10}",
            receives_quotes=gets_quotes,
        )
        for position, (name, title, gets_quotes) in enumerate(people, start=3)
    ]


def _programs(customer: Customer, row: dict[str, str], year: SchoolYear) -> list[CustomerProgram]:
    """Meal programs hold for every year; processing agreements and co-op awards for one."""
    programs = [
        CustomerProgram(
            customer=customer,
            program_code=code,
            kind=CustomerProgram.Kind.PROCESSING if code in PROCESSING else CustomerProgram.Kind.MEAL,
            school_year=year.start if code in PROCESSING else None,
        )
        for code in row["programs"].split()
    ]
    if row["coop"]:
        programs.append(
            CustomerProgram(
                customer=customer,
                program_code=row["coop"],
                kind=CustomerProgram.Kind.PURCHASING,
                school_year=year.start,
                reference=f"Bid {year.start}-{len(row['coop']):02d}",
            )
        )
    return programs
