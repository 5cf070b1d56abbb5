"""Reads uploads without ever storing more than the size limit."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Drops a file that grows past `SIS_MAX_UPLOAD_BYTES`, whatever its headers promised.

    The form is still read to its end, so that the page can answer in words; `was_too_large`
    tells it why the file is missing.
    """

    too_large = False

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        # Under a name of our own: the sender's extension would be part of the temporary file's
        # name, and may be longer than the disk allows.
        super().new_file(field_name, "upload", *args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        if self.received > settings.SIS_MAX_UPLOAD_BYTES:
            self.too_large = True
            raise SkipFile
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError:
            self.file.close()  # and so deleted: it lies on a disk that is full
            raise


def was_too_large(request: HttpRequest) -> bool:
    """Tell whether an upload of this request was dropped for its size; reads the whole body."""
    request.POST  # noqa: B018 (parses the body, and with it the files)
    handlers = request.upload_handlers
    return any(isinstance(h, BoundedUploadHandler) and h.too_large for h in handlers)
