"""Chart data and options for the theme's chart component, which draws them without any script of ours.

The theme's own bar options lay all bars of a group over each other; these do not.
"""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from inventory.counting.accuracy import Figures

GREY = "#9ca3af"
BLUE, ORANGE, GREEN = "#2563eb", "#f97316", "#16a34a"
MOST_TICKS = 12


def accuracy_chart(days: list[tuple[date, Figures]]) -> dict[str, str]:
    """Accuracy in percent, a point for each day something was counted."""
    points = [float(round(Decimal(figures.accuracy or 0) * 100, 1)) for _, figures in days]
    data = {"labels": _labels(days), "datasets": [_line("Accuracy %", points, GREEN, 4)]}
    return _chart(data, _options(y={"min": 0, "suggestedMax": 100}))


def value_chart(days: list[tuple[date, Figures]]) -> dict[str, str]:
    """Gross and net dollars, side by side for each day."""
    return _chart(_gross_and_net(_labels(days), [figures for _, figures in days]), _options())


def zone_chart(zones: list[tuple[str, int, Figures]]) -> dict[str, str]:
    """Gross and net dollars of each zone."""
    names = [name for name, _, _ in zones]
    options = _options()
    options["scales"]["x"]["ticks"] |= {"autoSkip": False, "maxRotation": 60}
    return _chart(_gross_and_net(names, [figures for _, _, figures in zones]), options)


def gate_chart(days: list[tuple[date, float | None]], label: str, limit: float | None) -> dict[str, str]:
    """A figure of each day, and the line it has to stay below."""
    labels = [f"{day.day} {day:%b}" for day, _ in days]
    sets = [_line(label, [None if value is None else round(value, 3) for _, value in days], BLUE, 4)]
    if limit is not None:
        sets.append(_line("Gate", [limit] * len(days), ORANGE, 0))
    return _chart({"labels": labels, "datasets": sets}, _options(y={"min": 0}))


def _line(label: str, points: list[Any], colour: str, radius: int) -> dict[str, Any]:
    return {
        "label": label,
        "data": points,
        "borderColor": colour,
        "backgroundColor": colour,
        "pointStyle": "circle",
        "pointRadius": radius,
    }


def _labels(days: list[tuple[date, Figures]]) -> list[str]:
    return [f"{day.day} {day:%b}" for day, _ in days]


def _gross_and_net(labels: list[str], rows: list[Figures]) -> dict[str, Any]:
    gross = {"label": "Gross $", "data": [float(row.gross) for row in rows], "backgroundColor": ORANGE}
    net = {"label": "Net $", "data": [float(row.net) for row in rows], "backgroundColor": BLUE}
    return {"labels": labels, "datasets": [gross, net]}


def _options(y: dict[str, Any] | None = None) -> dict[str, Any]:
    legend = {
        "display": True,
        "align": "end",
        "labels": {"boxWidth": 10, "boxHeight": 10, "color": GREY},
    }
    ticks = {"color": GREY, "display": True, "maxTicksLimit": MOST_TICKS, "maxRotation": 0}
    return {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "grouped": True,
        "maxBarThickness": 22,
        "categoryPercentage": 0.7,
        "barPercentage": 0.9,
        "datasets": {"bar": {"borderRadius": 3}, "line": {"borderWidth": 2}},
        "plugins": {"legend": legend, "tooltip": {"enabled": True}},
        "scales": {
            "x": {"grid": {"display": False}, "ticks": ticks},
            "y": {"grid": {"color": "rgba(148,163,184,0.25)"}, "ticks": ticks, **(y or {})},
        },
    }


def _chart(data: dict[str, Any], options: dict[str, Any]) -> dict[str, str]:
    return {"data": json.dumps(data), "options": json.dumps(options)}
