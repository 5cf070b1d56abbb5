"""Tables that are sorted by links: `?sort=column`, or `?sort=-column` for descending."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import F, QuerySet


@dataclass(frozen=True, slots=True)
class Sorting:
    """The order that an address asks for; anything unknown means the default.

    `columns`: name in the address to the field's path.
    """

    columns: Mapping[str, str]
    column: str
    descending: bool

    @classmethod
    def read(cls, asked: str, columns: Mapping[str, str], *, default: str) -> "Sorting":
        wanted = asked if asked.removeprefix("-") in columns else default
        return cls(columns, wanted.removeprefix("-"), wanted.startswith("-"))

    def apply(self, rows: QuerySet) -> QuerySet:
        """Order by the column, what has no value last, and by id where values are equal."""
        field = F(self.columns[self.column])
        order = field.desc(nulls_last=True) if self.descending else field.asc(nulls_last=True)
        return rows.order_by(order, "-pk" if self.descending else "pk")

    def after(self, column: str) -> str:
        """What the link in a column's head asks for: the other direction of the one in use."""
        return f"-{column}" if column == self.column and not self.descending else column
