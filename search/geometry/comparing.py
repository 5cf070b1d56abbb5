"""One query against hits: as it is, and where the rules say so as in a mirror. Pure."""

from catalog.descriptors.local.features import LocalFeatures

from .mirroring import mirrored, mirrored_back
from .rules import Rules
from .sides import Side
from .verification import Verified, verify


class Comparison:
    """A query made ready once, to be compared with many hits, from several threads."""

    def __init__(self, query: LocalFeatures, rules: Rules) -> None:
        self.rules = rules
        self.width = query.size[0]
        self.side = Side(query)
        self.mirrored = Side(mirrored(query)) if rules.mirrored else None

    def with_hit(self, features: LocalFeatures) -> Verified | None:
        """Return how the hit shows what the query does; None where nothing proves that it does."""
        hit = Side(features)
        found = verify(self.side, hit, self.rules)
        if found is None and self.mirrored is not None:
            found = verify(self.mirrored, hit, self.rules)
            return found and mirrored_back(found, self.width)
        return found
