"""A wall clock to pick from, in the time of the place where the goods are."""

from datetime import date
from typing import Any

from django import forms
from django.http import Http404
from django.utils.timezone import get_current_timezone_name


def place_of_clock() -> str:
    return get_current_timezone_name().split("/")[-1].replace("_", " ")


def day_of_address(text: str) -> date:
    """A day as addresses have it. Raises Http404."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Http404 from error


class MomentField(forms.DateTimeField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local", "class": "cs-field"}),
            input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
            error_messages={"invalid": "Enter a date and a time, such as 2026-11-02 07:30."},
            **options,
        )
