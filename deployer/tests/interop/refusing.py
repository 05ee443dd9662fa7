"""For every operation: the missing, the malformed, the duplicate, the absent and the forbidden case, where it can occur.

Missing and malformed inputs are made from the published models and from a call that was carried out; what a session without
rights may not do is what was carried out before. The duplicate and the absent case differ too much: they are checks of the suite,
and an operation that lacks one is named.
"""

import collections
import copy
import json
import pathlib
import re

from botocore.exceptions import ClientError

import record
from checks import sts
from suite import At, Differs, method, said

# What a service says of an input that its model does not allow (the Errors sections of the API references).
INVALID = {
    "acm": {"ValidationException", "InvalidArnException", "InvalidParameterException"}, "apigateway": {"BadRequestException", "SerializationException"},
    "connect": {"InvalidRequestException", "InvalidParameterException", "InvalidContactFlowException"}, "dynamodb": {"ValidationException", "SerializationException"},
    "iam": {"ValidationError"}, "lambda": {"ValidationException", "InvalidParameterValueException", "SerializationException"},
    "logs": {"InvalidParameterException", "SerializationException"}, "route53": {"InvalidInput", "InvalidChangeBatch", "InvalidDomainName", "MalformedInput"}, "sts": {"ValidationError"}, "resourcegroupstaggingapi": {"InvalidParameterException"},
    "s3": {"MalformedXML", "InvalidRequest", "InvalidArgument", "MissingRequestBodyError", "MalformedPolicy", "IllegalLocationConstraintException", "InvalidLocationConstraint", "InvalidTag",
           "IllegalVersioningConfigurationException", "AccessControlListNotSupported"},
}
for names in INVALID.values():
    names.add("SerializationException")

# Operations of which a case cannot occur, by the beginnings of their names, with the reason.
READS = ("Get", "List", "Describe", "Search", "Query", "Scan", "Head", "Filter", "TransactGet")
NO_DUPLICATE = {
    READS: "a read changes nothing, so that a second one is the same",
    ("Delete", "Remove", "Untag", "Detach", "Disassociate"): "the second one is the absent case",
    ("Update", "PutRetentionPolicy", "PutLogGroupDeletionProtection", "PutRolePolicy", "PutRolePermissionsBoundary", "PutRestApi", "PutFunctionConcurrency", "PutBucket", "PutPublicAccessBlock",
     "PutObject", "PutItem", "PutLogEvents"): "it sets what is there, and twice is the same",
    ("Tag", "AddTags", "ChangeTags"): "a key that is there gets the new value",
    ("Invoke", "AssumeRole", "CreatePolicyVersion"): "every one is a new one",
}
NO_ABSENT = {
    ("iam.CreateRole", "iam.CreatePolicy", "iam.CreateOpenIDConnectProvider", "logs.CreateLogGroup", "dynamodb.CreateTable", "apigateway.CreateRestApi", "apigateway.ImportRestApi", "apigateway.CreateApiKey", "s3.CreateBucket",
     "route53.CreateHostedZone", "acm.RequestCertificate"): "it names nothing that must be there",
    ("iam.ListRoles", "iam.ListPolicies", "iam.ListOpenIDConnectProviders", "dynamodb.ListTables", "lambda.ListFunctions", "acm.ListCertificates", "s3.ListBuckets", "apigateway.GetRestApis", "apigateway.GetDomainNames", "apigateway.GetApiKeys", "apigateway.GetUsagePlans",
     "route53.ListHostedZones", "route53.ListHostedZonesByName", "logs.DescribeLogGroups", "resourcegroupstaggingapi.GetResources", "resourcegroupstaggingapi.GetTagKeys", "resourcegroupstaggingapi.GetTagValues"): "it lists whatever there is",
    ("sts.GetCallerIdentity", "apigateway.GetAccount", "lambda.GetAccountSettings"): "it is about the account",
}
# No right is needed for it (BC sts.GetCallerIdentity), or nobody signs it (BC sts.AssumeRoleWithWebIdentity).
NO_FORBIDDEN = {"sts.GetCallerIdentity", "sts.AssumeRoleWithWebIdentity"}


def run(server, seen, passed):
    """What is wrong, and how many cases there were of each kind. `passed` are the checks that the server passed."""
    at = At(server)
    unsupported = refused_by_name()
    wrong, counts, covered = [], collections.Counter(), collections.defaultdict(set)
    for one in passed:
        if one.kind:
            covered[one.service, one.operation].add(one.kind)
            counts[one.kind] += 1
    for (service, name), arguments in sorted(seen.asked.items()):
        client = at.client(service)
        shape = client.meta.service_model.operation_model(name).input_shape
        for kind, cases in (("missing", missing(shape, arguments)), ("malformed", malformed(shape, arguments, protocol(client), unsupported.get(service, set())))):
            covered[service, name].add(kind)  # A case that cannot be made cannot occur.
            for what, changed in cases:
                counts[kind] += 1
                fault = not_invalid(client, service, name, changed)
                if fault:
                    wrong.append(f"{service}.{name}: {kind}: {what}: {fault}")
    for (service, name), arguments in sorted(seen.asked.items()):
        if f"{service}.{name}" in NO_FORBIDDEN:
            continue
        counts["forbidden"] += 1
        covered[service, name].add("forbidden")
        fault = forbidden(at, service, name, arguments)
        if fault:
            wrong.append(f"{service}.{name}: forbidden: {fault}")
    return wrong + lacking(covered), counts


def lacking(covered):
    """Operations for which a case that can occur is tried by nothing. Connect has tests of its own in Rust."""
    found = []
    for service, name in sorted(record.served()):
        if not covered[service, name]:
            continue  # That nothing carries it out is said already.
        wanted = {"missing", "malformed", "duplicate", "absent", "forbidden"}
        if any(name.startswith(start) for starts in NO_DUPLICATE for start in starts):
            wanted.discard("duplicate")
        if any(f"{service}.{name}" in names for names in NO_ABSENT):
            wanted.discard("absent")
        if f"{service}.{name}" in NO_FORBIDDEN:
            wanted.discard("forbidden")
        if service == "connect":
            wanted -= {"duplicate", "absent"}
        for kind in sorted(wanted - covered[service, name]):
            found.append(f"{service}.{name}: nothing tries the {kind} case; write a check with kind={kind!r} in deployer/tests/interop/checks, or say in refusing.py why it cannot occur")
    return found


def protocol(client):
    return client.meta.service_model.resolved_protocol


def refused_by_name():
    """Members that the embedded AWS answers with a 501, by service: `{Shape.Member}`."""
    table = collections.defaultdict(set)
    for line in (record.EMULATOR / "model/unsupported.txt").read_text().splitlines():
        if not line.startswith("#"):
            service, member = line.split()[:2]
            table[record.NAMES.get(service, service)].add(member)
    return table


def missing(shape, arguments, at=""):
    """Each required member left out, in the input and in every structure within it."""
    for place, inner, value, put in structures(shape, arguments):
        for name in inner.required_members:
            if name in value and name not in NOT_TRIED and inner.members[name].serialization.get("location") != "uri":
                yield f"no {place}{name}", put({key: item for key, item in value.items() if key != name})


def structures(shape, value, place="", put=lambda changed: changed):
    """Every structure within a value, with a way to put a changed one into a copy of the whole."""
    if shape is None:
        return
    if shape.type_name == "structure" and isinstance(value, dict):
        yield place, shape, value, put
        for name, item in value.items():
            if name in shape.members and shape.name != "AttributeValue":
                yield from structures(shape.members[name], item, f"{place}{name}.", lambda new, name=name: put({**value, name: new}))
    elif shape.type_name == "list" and isinstance(value, list):
        for n, item in enumerate(value[:1]):
            yield from structures(shape.member, item, f"{place}{n}.", lambda new, n=n: put([*value[:n], new, *value[n + 1:]]))
    elif shape.type_name == "map" and isinstance(value, dict):
        for key, item in list(value.items())[:1]:
            yield from structures(shape.value, item, f"{place}{key}.", lambda new, key=key: put({**value, key: new}))


# What S3 does about these is unverified: an unknown mode asks for nothing, and without a source a copy is another operation.
NOT_TRIED = {"ChecksumMode", "CopySource"}


def malformed(shape, arguments, protocol, unsupported):
    """Each member with a value that breaks a constraint, or of another type; all but those that are refused by name."""
    for place, inner, value, put in structures(shape, arguments):
        for name, member in inner.members.items():
            if f"{inner.name}.{name}" in unsupported or (place and name not in value) or name in NOT_TRIED:
                continue
            location = member.serialization.get("location")
            for what, bad in bad_values(member, location, protocol):
                yield f"{place}{name} {what}", put({**value, name: bad})


def bad_values(shape, location, protocol):
    kind, meta = shape.type_name, shape.metadata
    if location == "uri" and kind == "string":
        if "pattern" in meta and not re.fullmatch(java(meta["pattern"]), "a b!"):
            yield "of another pattern", "a b!"
        return
    if kind == "string" and getattr(shape, "enum", None):
        yield "of no known value", "NO_SUCH_VALUE"
    elif kind == "string":
        if "pattern" in meta and not re.fullmatch(java(meta["pattern"]), "\u00e9 \u0000"[:2]):
            yield "of another pattern", "\u00e9 "
        if 0 < meta.get("max", 0) < 100_000:
            yield f"of {meta['max'] + 1} characters", "x" * (meta["max"] + 1)
        if meta.get("min", 0) > 0 and location not in ("header", "querystring"):
            yield "that is empty", ""
    elif kind in ("integer", "long"):
        if "max" in meta:
            yield "that is too large", meta["max"] + 1
        if "min" in meta:
            yield "that is too small", meta["min"] - 1
    elif kind == "list" and meta.get("min", 0) > 0 and protocol in ("json", "rest-json") and not location:
        yield "that is empty", []
    if protocol in ("json", "rest-json") and not location and kind in ("string", "integer", "boolean", "structure", "map"):
        # The client itself reads a list out of everything that is none.
        yield "of another type", [{"is": "wrong"}]


def java(pattern):
    """The models are written for Java; what Python does not know of it matches nothing here."""
    try:
        re.compile(pattern)
    except re.error:
        return ".*"
    return pattern


def not_invalid(client, service, name, arguments):
    """What is wrong if the call is not refused as an invalid input."""
    try:
        getattr(client, method(name))(**copy.deepcopy(arguments))
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        code = error.response["Error"]["Code"]
        # What the embedded S3 does not carry out is refused by its name, whatever the value.
        by_name = service == "s3" and code in ("NotImplemented", "501") and status == 501
        return None if by_name or (code in INVALID[service] and status == 400) else f"answers {said(error)}: {error.response['Error'].get('Message', '')[:150]}"
    except Exception as error:  # The client itself cannot write some of these.
        return None if unwritable(error) else f"the client fails: {type(error).__name__}: {error}"
    return f"accepts it: {json.dumps(arguments, default=str)[:300]}"


def unwritable(error):
    return isinstance(error, (TypeError, AttributeError, ValueError)) or type(error).__name__ in ("ParamValidationError", "FlexibleChecksumError")


DENIED = re.compile(r"is not authorized to perform: (\S+) on resource: (\S+)")


def forbidden(at, service, name, arguments):
    """A session without rights learns which one it lacks; with those that it learns of, and no others, it succeeds."""
    role, keys = session(at)
    client = at.client(service, keys=keys)
    granted = []
    put(at, role, granted)
    for _ in range(24):
        denial = denied(client, name, arguments)
        if denial is None:
            return None if granted else "a session without rights is let through"
        if not isinstance(denial, tuple):
            return denial
        if denial in granted:
            return f"{denial} is granted and still denied"
        granted.append(denial)
        put(at, role, granted)
    return f"it asks for ever more rights: {granted}"


def denied(client, name, arguments):
    """The action and resource that the denial names; `None` if there is none."""
    try:
        getattr(client, method(name))(**copy.deepcopy(arguments))
    except ClientError as error:
        code, text = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if code == "403" and status == 403:
            # An answer without a body; its right has the name of what reads the same.
            return {"HeadBucket": ("s3:ListBucket", f"arn:aws:s3:::{arguments['Bucket']}"),
                    "HeadObject": ("s3:GetObject", f"arn:aws:s3:::{arguments['Bucket']}/{arguments.get('Key')}")}[name]
        if code not in ("AccessDenied", "AccessDeniedException"):
            return None
        found = DENIED.search(text)
        return (found[1], found[2]) if found else f"a denial that names no right: {text}"
    except Exception as error:
        return f"the client fails: {type(error).__name__}: {error}"
    return None


def session(at):
    """A role without rights, and the keys of a session of it."""
    def make():
        made = sts.role(at)
        keys = sts.assumed(at, made["Arn"])["Credentials"]
        return made["RoleName"], (keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])

    return at.kept("a session without rights", make)


def put(at, role, granted):
    """The role has these rights and no others."""
    if not granted:
        for name in at.iam.list_role_policies(RoleName=role)["PolicyNames"]:
            at.iam.delete_role_policy(RoleName=role, PolicyName=name)
        return
    statements = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in granted]
    at.iam.put_role_policy(RoleName=role, PolicyName="granted", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))
