"""Runs a Python handler: speaks Lambda's Runtime API, as published (Lambda developer guide, "Using the Lambda runtime API for custom
runtimes"), with the standard library only. What errors, logs and the context look like is what the guide documents for Python, and where
it says nothing what the public client `awslambdaric` 4.2.2 does."""

import decimal
import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
VERSION = "/2018-06-01/runtime"
# The frames of this file are no part of a handler's stack trace.
SELF = os.path.abspath(__file__)
current = {"id": ""}


class Failure(Exception):
    """An error with a type of the runtime."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.kind, self.trace = kind, list(trace)


class Attributes:
    """The members of a JSON object as attributes, `None` where it has none."""

    def __init__(self, names, values):
        for name in names:
            setattr(self, name, (values or {}).get(name))


class Context:
    """The context object (Lambda developer guide, "Using the Lambda context object to retrieve Python function information")."""

    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.tenant_id = None
        self.identity = Attributes(["cognito_identity_id", "cognito_identity_pool_id"], {})
        self.client_context = client_context(headers.get("Lambda-Runtime-Client-Context"))
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


def client_context(text):
    if not text:
        return None
    given = json.loads(text)
    context = Attributes(["custom", "env"], given)
    names = ["installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"]
    context.client = Attributes(names, given["client"]) if given.get("client") else None
    return context


class Connection:
    """One connection to the Runtime API, opened again if it was closed."""

    def __init__(self):
        self.http = http.client.HTTPConnection(API)

    def send(self, method, path, body=None, headers=()):
        for attempt in range(2):
            try:
                self.http.request(method, VERSION + path, body, dict(headers))
                response = self.http.getresponse()
                return response.headers, response.read()
            except (http.client.HTTPException, ConnectionError):
                self.http.close()
                if attempt:
                    raise

    def fail(self, path, error):
        # A header takes printable ASCII only, and the names of classes are any text; a lone surrogate is none in UTF-8.
        kind = "".join(sign if " " <= sign <= "~" else "?" for sign in error["errorType"])
        headers = {"Lambda-Runtime-Function-Error-Type": kind, "Content-Type": "application/json"}
        self.send("POST", path, encode(error, "replace"), headers)


def plain(value):
    if isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def encode(value, errors="strict"):
    return json.dumps(value, ensure_ascii=False, default=plain).encode(errors=errors)


class RequestId(logging.Filter):
    def filter(self, record):
        record.aws_request_id = current["id"]
        return True


class JsonFormatter(logging.Formatter):
    """Log events as objects (Lambda developer guide, "Using Lambda advanced logging controls with Python")."""

    def format(self, record):
        shown = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": record.aws_request_id,
        }
        if record.exc_info:
            kind, value, trace = record.exc_info
            shown.update(stackTrace=traceback.format_tb(trace), errorType=kind.__name__, errorMessage=str(value))
        return json.dumps(shown, default=str, ensure_ascii=False)


def set_up_logging():
    handler = logging.StreamHandler(sys.stdout)
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        handler.setFormatter(JsonFormatter())
    else:
        form = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
        formatter = logging.Formatter(form, "%Y-%m-%dT%H:%M:%S")
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
    handler.addFilter(RequestId())
    logging.getLogger().addHandler(handler)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL")
    if level:
        logging.getLogger().setLevel({"TRACE": "DEBUG"}.get(level, level))


def described(kind, message, trace, id=""):
    return {"errorMessage": message, "errorType": kind, "requestId": id, "stackTrace": trace}


def report(error):
    """Writes an error to the log."""
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        stamp = {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "level": "ERROR"}
        print(json.dumps({**stamp, **error}), flush=True)
        return
    print("[ERROR] %s: %s" % (error["errorType"], error["errorMessage"]))
    if error["stackTrace"]:
        print("Traceback (most recent call last):")
        print("".join(line if line.endswith("\n") else line + "\n" for line in error["stackTrace"]), end="")
    sys.stdout.flush()


def text_of(exception):
    """The message of an exception, whose `__str__` may fail itself."""
    try:
        return str(exception)
    except Exception as error:
        return "<the message cannot be shown: %s>" % type(error).__name__


def stack(exception):
    frames = traceback.extract_tb(exception.__traceback__)
    first = next((index for index, frame in enumerate(frames) if frame.filename != SELF), len(frames))
    return traceback.format_list(frames[first:])


def load(written):
    """Returns the function that `_HANDLER` names, `MODULE.FUNCTION`."""
    module, dot, function = written.rpartition(".")
    if not dot:
        raise Failure("Runtime.MalformedHandlerName", "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % written)
    if module.split(".")[0] in sys.builtin_module_names:
        raise Failure("Runtime.BuiltInModuleConflict", "Cannot use built-in module %s as a handler module" % module)
    try:
        found = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        raise Failure("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module, text_of(error))) from error
    except SyntaxError as error:
        trace = ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)]
        raise Failure("Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module, error), trace) from error
    try:
        return getattr(found, function)
    except AttributeError:
        raise Failure("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (function, module)) from None


def handled(handler, body, headers):
    """Calls the handler and returns the response as bytes with their type."""
    try:
        event = json.loads(body)
    except ValueError as error:
        raise Failure("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error) from error
    response = handler(event, Context(headers))
    if isinstance(response, bytes):
        return response, "application/unknown"
    try:
        return encode(response), "application/json"
    except Exception as error:
        raise Failure("Runtime.MarshalError", "Unable to marshal response: %s" % text_of(error)) from error


def serve(connection, handler):
    while True:
        headers, body = connection.send("GET", "/invocation/next")
        current["id"] = id = headers["Lambda-Runtime-Aws-Request-Id"]
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id", "")
        path = "/invocation/%s/" % id
        try:
            response, kind = handled(handler, body, headers)
        except Failure as error:
            failed = described(error.kind, str(error), error.trace, id)
        except Exception as error:
            failed = described(type(error).__name__, text_of(error), stack(error), id)
        else:
            connection.send("POST", path + "response", response, {"Content-Type": kind})
            continue
        report(failed)
        connection.fail(path + "error", failed)


def main():
    # Line by line, so that nothing is lost when a call is ended.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, encoding="utf-8", errors="backslashreplace")
    # The code comes first, then layers, as on Lambda; this file's own directory holds nothing to import.
    own = os.path.dirname(SELF)
    sys.path[:] = [os.environ["LAMBDA_TASK_ROOT"], *(place for place in sys.path if place != own)]
    sys.argv[:] = [os.environ["_HANDLER"]]
    connection = Connection()
    set_up_logging()
    try:
        handler = load(os.environ["_HANDLER"])
    except Failure as error:
        failed = described(error.kind, str(error), error.trace)
    except Exception as error:
        failed = described(type(error).__name__, text_of(error), stack(error))
    else:
        serve(connection, handler)
    report(failed)
    connection.fail("/init/error", failed)
    sys.exit(1)


main()
