"""Reads uploads without ever storing more than the size limit."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Drops a file that grows past `SIS_MAX_UPLOAD_BYTES`, whatever its headers promised.

    The form is still read to its end, so that the page can answer in words; `too_large_files`
    tells it which files are missing, and why.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.too_large: list[str] = []

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        # Under a name of our own: the sender's extension would be part of the temporary file's
        # name, and may be longer than the disk allows.
        super().new_file(field_name, "upload", *args, **kwargs)
        self.received, self.name = 0, file_name

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        if self.received > settings.SIS_MAX_UPLOAD_BYTES:
            self.too_large.append(self.name)
            raise SkipFile
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError:
            self.file.close()  # and so deleted: it lies on a disk that is full
            raise

    def file_complete(self, file_size: int) -> UploadedFile | None:
        file = super().file_complete(file_size)
        if file is not None:
            file.sent_name = self.name  # type: ignore[attr-defined]
        return file


def sent_name(file: UploadedFile) -> str:
    """Return the name that the sender gave a file, without folders."""
    return getattr(file, "sent_name", file.name or "")


def too_large_files(request: HttpRequest) -> list[str]:
    """Return the names of a request's files that were dropped for their size; reads its body."""
    request.POST  # noqa: B018 (parses the body, and with it the files)
    bounded = [one for one in request.upload_handlers if isinstance(one, BoundedUploadHandler)]
    return [name for handler in bounded for name in handler.too_large]


def named_files(
    files: Sequence[UploadedFile], paths: Sequence[str] = ()
) -> list[tuple[str, UploadedFile]]:
    """Return files with the names under which they are added.

    Browsers send no folders; a script may say them in `paths`, one for each file. Where they do
    not go with the files, because one was dropped for its size, names stand without folders.
    """
    if len(paths) != len(files):
        return [(sent_name(file), file) for file in files]
    return [(inner(path) or sent_name(file), file) for path, file in zip(paths, files, strict=True)]


def inner(path: str) -> str:
    """Return a path without what would lead out of the folder that it is below."""
    steps = path.replace("\\", "/").split("/")
    return "/".join(step for step in steps if step not in ("", ".", ".."))
