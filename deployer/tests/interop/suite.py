"""Checks that know nothing of who answers: the same ones run against every server.

A check is a function with a sentence for a name. What AWS does is written once, in the check, with the source that says so;
a server passes when it does the same, and otherwise the first thing that it did otherwise is kept.
"""

import dataclasses
import itertools
import threading
import time
from typing import Callable

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from servers import ACCOUNT, REGION

CHECKS = []
# A refusal with AWS's code and status, but in other words.
WORDS = "right but for the words: "
# What a caller can get wrong.
KINDS = ("missing", "malformed", "duplicate", "absent", "forbidden")


@dataclasses.dataclass(frozen=True)
class Check:
    """One statement about AWS."""

    name: str
    service: str
    operation: str
    source: str
    run: Callable
    kind: str | None
    realistic: bool


def check(operation, source, kind=None, realistic=False):
    """Registers a check of `service.Operation`; `kind` is one of KINDS if it is that refusal of the operation."""
    assert kind is None or kind in KINDS, kind

    def register(function):
        service, name = operation.split(".")
        sentence = function.__name__.strip("_").replace("_", " ")
        add(Check(sentence, service, name, source, function, kind, realistic))
        return function

    return register


def add(new):
    assert new.source, f"{new.name} has no source"
    assert not any((old.service, old.operation, old.name) == (new.service, new.operation, new.name) for old in CHECKS), new
    CHECKS.append(new)


def refusals(operation, source, code, status, rows, kind="malformed", call=None):
    """Registers one check per row `(sentence, arguments[, message])`: the operation refuses these arguments so.

    Arguments may be a function of the server's side that makes what they name first.
    """
    service, name = operation.split(".")
    for sentence, arguments, *message in rows:
        def run(at, arguments=arguments, message=message):
            given = arguments(at) if callable(arguments) else arguments
            at.refuses((code, status), call or method(name), service, message=message[0] if message else None, **given)

        add(Check(f"{sentence} is refused", service, name, source, run, kind, False))


def method(operation):
    """`CreateRole` as boto3 calls it."""
    import botocore

    return botocore.xform_name(operation)


class Differs(Exception):
    """The server did something else than AWS."""


def said(error):
    """A refusal in one line."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", "?")
        return f"{error.response['Error'].get('Code')} ({status})"
    return type(error).__name__


class At:
    """One server, as a check sees it."""

    numbers = itertools.count(1)

    def __init__(self, server, realistic=False, record=None):
        self.server = server
        self.record = record
        self.endpoint = server.realistic if realistic else server.endpoint
        self._clients = {}
        self._kept = {}
        self._lock = threading.Lock()
        self._keeping = threading.RLock()

    def client(self, service, region=REGION, keys=(ACCOUNT, "example", None), validate=False, checksums="when_supported"):
        with self._lock:
            wanted = (service, region, keys, validate, checksums)
            if wanted not in self._clients:
                made = boto3.client(
                    service, endpoint_url=self.endpoint, region_name=region, aws_access_key_id=keys[0],
                    aws_secret_access_key=keys[1], aws_session_token=keys[2],
                    config=Config(
                        retries={"total_max_attempts": 1}, parameter_validation=validate, read_timeout=60, connect_timeout=10,
                        request_checksum_calculation=checksums, s3={"addressing_style": "path"},
                    ),
                )
                self._clients[wanted] = self.record.watch(made) if self.record else made
            return self._clients[wanted]

    def __getattr__(self, service):
        return self.client({"lambda_": "lambda", "tagging": "resourcegroupstaggingapi"}.get(service, service))

    def name(self, stem="thing"):
        """A name that nothing has yet."""
        return f"{stem}-{next(self.numbers)}"

    def kept(self, what, make):
        """Something that many checks look at and none changes, made once."""
        with self._keeping:
            if what not in self._kept:
                self._kept[what] = make()
            return self._kept[what]

    def refuses(self, wanted, call, service=None, message=None, **arguments):
        """The call is refused with this code (or one of these) and status, and its message holds `message`."""
        codes, status = wanted
        codes = (codes,) if isinstance(codes, str) else codes
        if isinstance(call, str):
            call = getattr(self.client({"lambda_": "lambda", "tagging": "resourcegroupstaggingapi"}.get(service, service)), call)
        try:
            call(**arguments)
        except ClientError as error:
            message_text = error.response["Error"].get("Message") or ""
            got = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if error.response["Error"].get("Code") not in codes or got != status:
                raise Differs(f"answers {said(error)}: {short(message_text)}") from None
            if message and message.lower() not in message_text.lower():
                raise Differs(f"{WORDS}{short(message_text)}") from None
            return error.response
        except (BotoCoreError, ResponseParserError) as error:
            raise Differs(f"the client cannot read the answer: {said(error)}: {short(str(error))}") from None
        raise Differs("accepts it")

    def equal(self, what, got, wanted):
        if got != wanted:
            raise Differs(f"{what} is {short(repr(got))}")

    def true(self, what, holds):
        if not holds:
            raise Differs(f"not so: {what}")

    def until(self, what, probe, seconds=30):
        """Waits until the probe is true."""
        ends = time.monotonic() + seconds
        while not probe():
            if time.monotonic() > ends:
                raise Differs(f"not even after {seconds} s: {what}")
            time.sleep(0.05)


def short(text, length=160):
    text = " ".join(str(text).split())
    return text if len(text) <= length else text[: length - 1] + "…"


def verdict(at, one):
    """`None` if the server does as AWS does, and otherwise what it does."""
    try:
        one.run(at)
    except Differs as difference:
        return str(difference)
    except ClientError as error:
        return f"refuses what AWS takes: {error.operation_name} {said(error)}: {short(error.response['Error'].get('Message'))}"
    except (BotoCoreError, ResponseParserError) as error:
        return f"the client cannot read an answer: {type(error).__name__}: {short(error)}"
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        return f"an answer lacks what the check reads: {type(error).__name__} {short(error)}"
    return None
