"""A kind of job for tests: it counts, and does on the way what a test wants."""

from collections.abc import Callable, Mapping
from typing import Any

from work.kinds import Interrupted, Kind, Progress


class Counting:
    """Counts to `number`; `on_count` is called with each number before it is noted."""

    def __init__(self) -> None:
        self.on_count: Callable[[int], None] = lambda number: None
        self.ended: list[tuple[int, str]] = []
        self.runs = 0

    def run(self, arguments: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
        self.runs += 1
        for number in range(1, arguments["number"] + 1):
            if progress.should_stop():
                raise Interrupted
            self.on_count(number)
            progress.note(number, arguments["number"], f"Counting {self.runs}")
        return {"counted": arguments["number"]}

    def kind(self) -> Kind:
        return Kind(
            name="counting",
            title=lambda arguments: f"Count to {arguments['number']}",
            run=self.run,
            tell=lambda outcome: [(25, f"Counted {outcome['counted']}.")],
            address=lambda arguments, outcome: "/images/",
            ended=lambda arguments, reason: self.ended.append((arguments["number"], reason)),
        )
