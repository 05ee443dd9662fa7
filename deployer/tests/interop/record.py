"""Every answer that clients of the embedded AWS get: what was asked, whether it was carried out, and what is wrong with it."""

import collections
import pathlib
import re
import threading

import botocore.session

import answers

EMULATOR = pathlib.Path(__file__).resolve().parents[2] / "crates" / "emulator"
# The embedded AWS does not serve it: CreateFunction with layers requires the permission for it, so the model has it.
NOT_SERVED = {("lambda", "GetLayerVersion")}
# Folders of the emulator's services, and their names in botocore.
NAMES = {"tagging": "resourcegroupstaggingapi"}


def served():
    """Every operation that the embedded AWS has: from its generated tables, and from the source of S3, which has none."""
    import json

    found = set()
    for path in sorted((EMULATOR / "model").glob("*.json")):
        found |= {(NAMES.get(path.stem, path.stem), name) for name in json.loads(path.read_text())["operations"]}
    model = botocore.session.get_session().get_service_model("s3")
    source = (EMULATOR / "src/services/s3/request.rs").read_text()
    found |= {("s3", name) for name in re.findall(r'"([A-Z][A-Za-z0-9]+)"', source) if name in model.operation_names}
    return found - NOT_SERVED


class Record:
    """What was asked and answered, by operation."""

    def __init__(self):
        self.asked = {}
        self.counts = collections.Counter()
        self.faults = collections.OrderedDict()
        self._lock = threading.Lock()

    def watch(self, client):
        client.meta.events.register("provide-client-params", self._asks)
        client.meta.events.register("response-received", self._answered)
        return client

    def _asks(self, params, model, context, **_):
        context["interop"] = (model, dict(params))

    def _answered(self, response_dict, parsed_response, context, **_):
        if response_dict is None or "interop" not in context:
            return
        model, arguments = context["interop"]
        service = model.service_model.service_name
        found = answers.faults(service, model, response_dict, parsed_response)
        with self._lock:
            good = response_dict["status_code"] < 300
            self.counts[service, model.name, good] += 1
            if good:
                self.asked.setdefault((service, model.name), arguments)
            for fault in found:
                self.faults.setdefault(f"{service}.{model.name}: {fault}", arguments)

    def undriven(self):
        """Operations that no call was carried out of."""
        return sorted(f"{service}.{name}" for service, name in served() if not self.counts[service, name, True])
