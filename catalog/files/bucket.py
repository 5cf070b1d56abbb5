"""S3 as django-storages has it, with bounds on waiting: a bucket that hangs must not hold threads.

The client library waits a minute five times over by itself. Here a page waits a second or two, and
once a page has waited in vain, the next ones do not wait at all for a few seconds.
"""

import time
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from django.utils.translation import gettext as _
from storages.backends.s3 import S3Storage

from ..trouble.storage import StorageAway
from .patience import COMMAND, Patience, current_patience

# How long a bucket that did not answer is left alone by pages.
SECONDS_LEFT_ALONE = 5.0
SILENCE = (ConnectTimeoutError, ReadTimeoutError, EndpointConnectionError)


class BoundedS3Storage(S3Storage):
    """`S3Storage` whose waiting is bounded by `patience`; pages do not queue for a silent bucket.

    Option `client_config` may be an object of JSON with the names of `botocore.config.Config`; what
    it says wins.
    """

    def __init__(self, **options: Any) -> None:
        if isinstance(options.get("client_config"), dict):
            asked = dict(options["client_config"])
            names = ("signature_version", "proxies")
            asked |= {name: options[name] for name in names if name in options}
            if "addressing_style" in options:
                asked.setdefault("s3", {"addressing_style": options["addressing_style"]})
            options["client_config"] = Config(**asked)
        # A body that stalls is asked for ten times by default.
        options.setdefault("transfer_config", TransferConfig(num_download_attempts=2))
        super().__init__(**options)
        self.silent_until = 0.0

    @property
    def connection(self) -> Any:
        """The thread's client, one for each patience."""
        patience = current_patience()
        if patience is not COMMAND and time.monotonic() < self.silent_until:
            raise StorageAway(_("The storage of the pictures does not answer."))
        kept = self._connections.__dict__.setdefault("by_patience", {})
        if patience not in kept:
            kept[patience] = self.connect(patience)
        return kept[patience]

    def connect(self, patience: Patience) -> Any:
        bounds = Config(
            connect_timeout=patience.connect,
            read_timeout=patience.read,
            retries={"total_max_attempts": patience.attempts, "mode": "standard"},
        )
        client = self._create_session().resource(
            "s3",
            region_name=self.region_name,
            use_ssl=self.use_ssl,
            endpoint_url=self.endpoint_url,
            config=bounds.merge(self.client_config),
            verify=self.verify,
        )
        client.meta.client.meta.events.register("needs-retry.s3", self.note_silence)
        return client

    def note_silence(self, caught_exception: Exception | None = None, **_event: Any) -> None:
        """Remember, for pages, that the bucket did not answer. Returns None: no say in retries."""
        if isinstance(caught_exception, SILENCE):
            self.silent_until = time.monotonic() + SECONDS_LEFT_ALONE

    @property
    def bucket(self) -> Any:
        # Not kept, as the base class does: it belongs to one client.
        return self.connection.Bucket(self.bucket_name)
