"""Errors of systems and storages in the reader's words, never in a library's."""

import errno
import logging
import os
import socket
import ssl
import string
import urllib.error

import botocore.exceptions
import pytest
from boto3.exceptions import S3UploadFailedError
from django.core.exceptions import SuspiciousFileOperation
from django.utils import translation

from catalog.trouble import reasons
from catalog.trouble.reasons import of_storage, reason


def client_error(code: str, status: int = 400) -> Exception:
    answer = {
        "Error": {"Code": code, "Message": "English of a server"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return botocore.exceptions.ClientError(answer, "GetObject")


@pytest.mark.parametrize("number", sorted(reasons.BY_NUMBER))
def test_no_phrase_is_the_systems_own_text(number):
    # Catches strerror() passed on: it is English, or the machine's language.
    with translation.override("vi"):
        text = reason(OSError(number, os.strerror(number), "/secret/path"))
    assert text
    assert os.strerror(number) not in text
    assert "/secret" not in text
    assert text[-1] not in string.punctuation


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (PermissionError(errno.EACCES, "Permission denied"), "Permission denied"),
        (FileNotFoundError("File does not exist: a"), "No such file or directory"),
        (TimeoutError("timed out"), "no answer came in time"),
        (socket.gaierror(-2, "Name or service not known"), "the server's name is not known"),
        (ssl.SSLCertVerificationError(1, "self-signed"), "certificate is not trusted"),
        (ssl.SSLError(1, "wrong version number"), "no secure connection"),
        (urllib.error.URLError(ConnectionRefusedError(111, "x")), "Connection refused"),
        (MemoryError(), "not enough memory"),
        (SuspiciousFileOperation("The joined path (/etc) is"), "leads out of the storage"),
        (client_error("NoSuchKey", 404), "there is no such object"),
        (client_error("404", 404), "there is no such object"),
        (client_error("NoSuchBucket", 404), "there is no such bucket"),
        (client_error("AccessDenied", 403), "access is denied"),
        (client_error("SignatureDoesNotMatch", 403), "the secret key is wrong"),
        (
            botocore.exceptions.EndpointConnectionError(endpoint_url="http://secret"),
            "the server cannot be reached",
        ),
        (
            botocore.exceptions.ConnectTimeoutError(endpoint_url="http://secret"),
            "no answer came in time",
        ),
        (
            botocore.exceptions.ReadTimeoutError(endpoint_url="http://secret"),
            "no answer came in time",
        ),
        (botocore.exceptions.NoCredentialsError(), "no access key is set"),
    ],
)
def test_what_is_common_has_a_phrase(error, words):
    # Catches errors that carry no number, and those of client libraries.
    text = reason(error)
    assert words in text
    assert "secret" not in text.replace("the secret key", "")
    assert of_storage(error) or isinstance(error, MemoryError | SuspiciousFileOperation)


def test_a_wrapped_error_is_named_by_what_it_wraps():
    # Catches "S3UploadFailedError", which says nothing of the full bucket inside it.
    try:
        try:
            raise client_error("XMinioStorageFull", 507)
        except Exception:
            raise S3UploadFailedError("Failed to upload /tmp/x to bucket/key: English") from None
    except S3UploadFailedError as error:
        assert reason(error) == "the storage is full: XMinioStorageFull"


def test_an_unknown_error_is_named_and_its_text_is_logged(caplog):
    # Catches a library's English in a sentence, and an error that is nowhere to be found.
    class StrangeError(Exception):
        pass

    with caplog.at_level(logging.WARNING), translation.override("vi"):
        text = reason(StrangeError("English of a library"))
        number = reason(OSError(9999, "English of a system"))
        code = reason(client_error("Teapot", 418))
    assert "StrangeError" in text and "English" not in text
    assert "OSError 9999" in number and "English" not in number
    assert "ClientError Teapot" in code and "English" not in code
    assert "English of a library" in caplog.text


def test_a_mistake_of_ours_is_not_taken_for_the_storages():
    # Catches a page that says "the storage is away" for every bug.
    assert not of_storage(KeyError("x"))
    assert not of_storage(ValueError("x"))
    other = type("DecodeError", (Exception,), {"__module__": "google.protobuf.message"})
    assert not of_storage(other("x"))
