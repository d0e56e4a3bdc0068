"""The one line that a benchmark prints."""

import json
import sys
from dataclasses import dataclass, field
from typing import Any, Literal

Goal = tuple[Literal[">=", "<="], float]


@dataclass
class Report:
    """What was measured, and what it should have been."""

    bench: str
    goals: dict[str, Goal]
    figures: dict[str, float] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether every goal is met."""
        return all(
            key in self.figures
            and (self.figures[key] >= wanted if sense == ">=" else self.figures[key] <= wanted)
            for key, (sense, wanted) in self.goals.items()
        )

    def line(self) -> str:
        """Write it as one line of JSON."""
        return json.dumps(
            {
                "bench": self.bench,
                "figures": {key: round(value, 3) for key, value in self.figures.items()},
                "goals": self.goals,
                "holds": self.holds,
                "detail": self.detail,
            },
            ensure_ascii=False,
        )


def tell(text: str) -> None:
    """Show progress."""
    print(f"» {text}", file=sys.stderr, flush=True)


def percentile(values: list[float], share: float) -> float:
    """Give the value below which a share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median(values: list[float]) -> float:
    """Give the middle value."""
    return percentile(values, 0.5)
