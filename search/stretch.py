"""Which ranks of a ranking a page shows. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stretch:
    """Ranks `start_index` to `end_index` of `ranked`: pages of `size`, `pages` of them at once.

    `number` is that of the first of these pages, from 1.
    """

    number: int
    ranked: int
    size: int
    pages: int = 1

    @property
    def start_index(self) -> int:
        return (self.number - 1) * self.size + 1

    @property
    def end_index(self) -> int:
        return min(self.ranked, self.next_start - 1)

    @property
    def next_start(self) -> int:
        return (self.number - 1 + self.pages) * self.size + 1

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_next(self) -> bool:
        return self.next_start <= self.ranked

    @property
    def previous_page_number(self) -> int:
        return self.number - 1

    @property
    def next_page_number(self) -> int:
        return self.number + self.pages
