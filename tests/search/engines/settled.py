"""Engines that wait for their cache files and search those, so that tests see files used."""

from search.engines.aggregated import AggregatedEngine
from search.engines.certified import CertifiedEngine
from search.engines.exact import ExactEngine
from search.engines.following import FollowingEngine


class Settled(FollowingEngine):
    """Where a sync starts to write a file, waits for it and takes it."""

    def sync(self) -> None:
        super().sync()
        if self._writer is not None:
            self.finish()
            self._writer = None
            super().sync()
            assert self._snapshot.base.mark is not None, "the file was not taken"


class SettledExactEngine(Settled, ExactEngine):
    pass


class SettledCertifiedEngine(Settled, CertifiedEngine):
    pass


class SettledAggregatedEngine(Settled, AggregatedEngine):
    pass
