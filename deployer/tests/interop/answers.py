"""Raw answers held against the published service model: no member that it does not know, none missing, types, timestamps, statuses."""

import base64
import binascii
import json
import re
import xml.etree.ElementTree as ElementTree

# Members that are in every answer though the model requires none of them: the examples and texts of the API references.
ALWAYS = {
    "acm.DescribeCertificate": ["Certificate.CertificateArn", "Certificate.DomainName", "Certificate.Serial", "Certificate.Subject", "Certificate.Issuer",
                                "Certificate.ImportedAt", "Certificate.Status", "Certificate.NotBefore", "Certificate.NotAfter", "Certificate.KeyAlgorithm",
                                "Certificate.SignatureAlgorithm", "Certificate.InUseBy", "Certificate.Type"],
    "acm.GetCertificate": ["Certificate"], "acm.ImportCertificate": ["CertificateArn"], "acm.ListCertificates": ["CertificateSummaryList"],
    "acm.ListTagsForCertificate": ["Tags"],
    "apigateway.CreateRestApi": ["id", "name", "createdDate", "apiKeySource", "endpointConfiguration", "disableExecuteApiEndpoint", "rootResourceId"],
    "apigateway.CreateResource": ["id", "parentId", "pathPart", "path"], "apigateway.CreateDeployment": ["id", "createdDate"],
    "apigateway.CreateStage": ["deploymentId", "stageName", "cacheClusterEnabled", "cacheClusterStatus", "methodSettings", "tracingEnabled", "createdDate", "lastUpdatedDate"],
    "apigateway.PutMethod": ["httpMethod", "authorizationType", "apiKeyRequired"],
    "apigateway.PutIntegration": ["type", "httpMethod", "uri", "passthroughBehavior", "timeoutInMillis", "cacheNamespace", "cacheKeyParameters"],
    "apigateway.CreateDomainName": ["domainName", "regionalDomainName", "regionalHostedZoneId", "regionalCertificateArn", "endpointConfiguration", "domainNameStatus", "securityPolicy"],
    "apigateway.CreateBasePathMapping": ["basePath", "restApiId"], "apigateway.GetAccount": ["throttleSettings", "features", "apiKeyVersion"],
    "dynamodb.CreateTable": ["TableDescription." + name for name in (
        "AttributeDefinitions", "TableName", "KeySchema", "TableStatus", "CreationDateTime", "ProvisionedThroughput", "TableSizeBytes", "ItemCount", "TableArn",
        "TableId", "DeletionProtectionEnabled")],
    "dynamodb.DescribeTable": ["Table.TableStatus", "Table.TableArn", "Table.ItemCount"], "dynamodb.ListTables": ["TableNames"],
    "dynamodb.Query": ["Count", "ScannedCount"], "dynamodb.Scan": ["Count", "ScannedCount"], "dynamodb.BatchGetItem": ["Responses", "UnprocessedKeys"],
    "dynamodb.BatchWriteItem": ["UnprocessedItems"], "dynamodb.TransactGetItems": ["Responses"], "dynamodb.ListTagsOfResource": ["Tags"],
    "iam.CreateRole": ["Role.AssumeRolePolicyDocument"], "iam.GetRole": ["Role.AssumeRolePolicyDocument", "Role.MaxSessionDuration"],
    "iam.ListRoles": ["IsTruncated"], "iam.ListRolePolicies": ["IsTruncated"], "iam.ListRoleTags": ["IsTruncated"], "iam.ListAttachedRolePolicies": ["AttachedPolicies", "IsTruncated"],
    "lambda.CreateFunction": ["FunctionName", "FunctionArn", "Runtime", "Role", "Handler", "CodeSize", "Description", "Timeout", "MemorySize", "LastModified", "CodeSha256",
                              "Version", "TracingConfig", "RevisionId", "State", "PackageType", "Architectures", "EphemeralStorage", "SnapStart", "LoggingConfig"],
    "lambda.GetFunction": ["Configuration.State", "Configuration.LastUpdateStatus", "Code.RepositoryType", "Code.Location"], "lambda.ListFunctions": ["Functions"],
    "lambda.GetPolicy": ["Policy", "RevisionId"], "lambda.AddPermission": ["Statement"], "lambda.PublishVersion": ["Version", "CodeSha256"],
    "lambda.CreateAlias": ["AliasArn", "Name", "FunctionVersion", "Description", "RevisionId"], "lambda.ListAliases": ["Aliases"],
    "lambda.GetAccountSettings": ["AccountLimit", "AccountUsage"], "lambda.ListTags": ["Tags"],
    "logs.DescribeLogGroups": ["logGroups"], "logs.DescribeLogStreams": ["logStreams"], "logs.GetLogEvents": ["events", "nextForwardToken", "nextBackwardToken"],
    "logs.FilterLogEvents": ["events", "searchedLogStreams"], "logs.ListTagsForResource": ["tags"],
    "s3.ListObjectsV2": ["Name", "KeyCount", "MaxKeys", "IsTruncated"], "s3.ListObjectVersions": ["Name", "IsTruncated", "MaxKeys"], "s3.ListBuckets": ["Buckets", "Owner"],
    "s3.PutObject": ["ETag"], "s3.GetObject": ["ETag", "LastModified", "ContentLength", "ContentType"], "s3.HeadObject": ["ETag", "LastModified", "ContentLength", "ContentType"],
    "s3.CopyObject": ["CopyObjectResult.ETag", "CopyObjectResult.LastModified"],
    "sts.GetCallerIdentity": ["Account", "Arn", "UserId"], "sts.AssumeRole": ["Credentials", "AssumedRoleUser"],
}
# Roots of S3's documents (S3 API reference, response syntax), which botocore does not look at and other SDKs do.
ROOTS = {
    "GetBucketVersioning": "VersioningConfiguration", "GetBucketLocation": "LocationConstraint", "ListObjectsV2": "ListBucketResult",
    "ListObjectVersions": "ListVersionsResult", "ListBuckets": "ListAllMyBucketsResult", "DeleteObjects": "DeleteResult", "CopyObject": "CopyObjectResult",
    "GetBucketEncryption": "ServerSideEncryptionConfiguration", "GetPublicAccessBlock": "PublicAccessBlockConfiguration", "GetBucketTagging": "Tagging",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
}
# Where AWS itself does not keep to its model: DescribeCertificate writes key algorithms with a dash (terraform-provider-aws,
# acm/certificate.go), and functions that are being changed have the reason Creating (many public transcripts of the CLI).
NOT_AS_THE_ENUM = {"KeyAlgorithm": None, "LastUpdateStatusReasonCode": "Creating"}
NOT_OF_A_REQUEST = {f"Certificate.{name}" for name in ("Serial", "ImportedAt", "NotBefore", "NotAfter")}
# The model requires Marker, which the API reference describes for the second and subsequent requests only; and a function that is not signed has none; what AWS answers for it is unverified.
NOT_REQUIRED = {"GetFunctionCodeSigningConfig.CodeSigningConfigArn", "ListHostedZones.Marker"}
# Headers of every answer.
COMMON_HEADERS = {"x-amz-request-id", "x-amz-id-2", "x-amzn-requestid", "x-amzn-errortype", "x-amz-bucket-region", "x-amz-delete-marker", "x-amz-version-id"}
# Codes that a service need not model (Common errors pages of the API references; DynamoDB guide, Error handling; Lambda: API reference,
# Common errors). API Gateway speaks of a broken constraint as BadRequestException, which is modelled.
COMMON_CODES = {
    "AccessDenied", "AccessDeniedException", "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "NotImplemented", "SerializationException",
    "ThrottlingException", "UnknownOperationException", "UnrecognizedClientException", "ValidationError", "ValidationException",
}
# Refusals of which no source says the code; the model has no fitting one.
UNSETTLED = {("DeleteHoursOfOperation", "ResourceInUseException")}
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z")
HTTP_DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")


def faults(service, operation, answer, parsed):
    """Everything in which an answer is not what the model says."""
    if answer["status_code"] >= 400 or answer["status_code"] == 304:
        return list(refusal_faults(service, operation, answer, parsed))
    return list(success_faults(service, operation, answer, parsed))


def protocol_of(operation):
    return operation.service_model.resolved_protocol


def refusal_faults(service, operation, answer, parsed):
    code, status = str(parsed.get("Error", {}).get("Code")), answer["status_code"]
    if service == "s3" or code in COMMON_CODES or (operation.name, code) in UNSETTLED:
        return
    shapes = {shape.metadata.get("error", {}).get("code", shape.name): shape for shape in operation.error_shapes}
    if code not in shapes:
        yield f"the code {code} ({status}) is neither modelled nor common"
    elif protocol_of(operation) != "json":
        wanted = shapes[code].metadata.get("error", {}).get("httpStatusCode", status)
        if wanted != status:
            yield f"{code} has the status {status}; the model says {wanted}"


def success_faults(service, operation, answer, parsed):
    wanted = operation.http.get("responseCode", 200)
    # What the model leaves open (the API references say): a part is 206, and these two of S3 answer without content; a member
    # of the answer may be the status itself.
    loose = {("s3", "GetObject"): {200, 206}, ("s3", "PutBucketTagging"): {204}, ("s3", "PutBucketPolicy"): {204}}.get((service, operation.name), {wanted})
    members = operation.output_shape.members.values() if operation.output_shape else ()
    if answer["status_code"] not in loose and not any(member.serialization.get("location") == "statusCode" for member in members):
        yield f"the status is {answer['status_code']}; the model says {wanted}"
    if operation.output_shape is not None:
        yield from header_faults(operation.output_shape, answer["headers"])
        if not operation.has_streaming_output:
            yield from body_faults(service, operation, answer["body"])
    # Only an imported certificate has a date of import, and one that is not issued yet has nothing of a certificate (BC CertificateDetail).
    requested = (parsed or {}).get("Certificate", {}) if operation.name == "DescribeCertificate" else {}
    lacks = NOT_OF_A_REQUEST if requested.get("Type") == "AMAZON_ISSUED" else set()
    for path in ALWAYS.get(f"{service}.{operation.name}", []):
        if path in lacks:
            continue
        value = parsed
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if value is None:
            yield f"{path} is not there"


def header_faults(shape, headers):
    known = {member.serialization["name"].lower(): member for member in shape.members.values() if member.serialization.get("location") == "header"}
    prefixes = [member.serialization["name"].lower() for member in shape.members.values() if member.serialization.get("location") == "headers"]
    for name, text in headers.items():
        name = name.lower()
        if name in known:
            yield from text_faults(known[name], text, name, HTTP_DATE)
        elif name.startswith("x-amz") and name not in COMMON_HEADERS and not any(name.startswith(prefix) for prefix in prefixes if prefix):
            yield f"the model knows no header {name}"


def body_faults(service, operation, body):
    shape, protocol = operation.output_shape, protocol_of(operation)
    payload = shape.serialization.get("payload")
    if payload and shape.members[payload].type_name in ("string", "blob"):
        return
    whole = shape.members[payload] if payload else shape
    if protocol in ("json", "rest-json"):
        text = body.decode()
        if not text and protocol == "rest-json":
            return
        yield from json_faults(whole, json.loads(text), operation.name)
    elif body:
        root = ElementTree.fromstring(body)
        if protocol == "query":
            if plain(root.tag) != f"{operation.name}Response" or root.find("{*}ResponseMetadata/{*}RequestId") is None:
                yield f"the root is {plain(root.tag)}, or there is no RequestId"
            root = root.find("{*}" + shape.serialization.get("resultWrapper", f"{operation.name}Result"))
        elif (wanted := ROOTS.get(operation.name, f"{operation.name}Response" if service == "route53" else None)) != plain(root.tag):
            yield f"the root is {plain(root.tag)}; the API reference says {wanted}"
        if operation.name != "GetBucketLocation":
            yield from xml_faults(whole, root if root is not None else ElementTree.Element("none"), operation.name)


def in_body(shape):
    """Members by the name that they have in a body."""
    return {
        member.serialization.get("name", name): member for name, member in shape.members.items() if not member.serialization.get("location")
    }


def json_faults(shape, value, at):
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            yield f"{at} is no object"
            return
        members = in_body(shape)
        for name, inner in value.items():
            if name not in members:
                yield f"the model knows no member {at}.{name}"
            elif inner is None:
                yield f"{at}.{name} is null"
            else:
                yield from json_faults(members[name], inner, f"{at}.{name}")
        for name in shape.required_members:
            there = shape.members[name].serialization.get("location") or shape.members[name].serialization.get("name", name) in value
            if not there and f"{at}.{name}" not in NOT_REQUIRED:
                yield f"{at}.{name} is required and not there"
    elif kind == "list":
        for inner in value if isinstance(value, list) else [None]:
            yield from json_faults(shape.member, inner, f"{at}[]")
    elif kind == "map":
        for inner in value.values() if isinstance(value, dict) else [None]:
            yield from json_faults(shape.value, inner, f"{at}{{}}")
    elif not fits(shape, value):
        yield f"{at} is {value!r}, which is no {kind}"
    elif kind == "string":
        yield from enum_faults(shape, value, at)


def fits(shape, value):
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    match shape.type_name:
        case "string" | "character":
            return isinstance(value, str)
        case "integer" | "long":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float" | "double":
            return number
        case "boolean":
            return isinstance(value, bool)
        case "timestamp":
            return bool(ISO.fullmatch(str(value))) if shape.serialization.get("timestampFormat") == "iso8601" else number
        case "blob":
            try:
                base64.b64decode(value, validate=True)
            except (binascii.Error, TypeError):
                return False
            return True
    return False


def enum_faults(shape, value, at):
    known = NOT_AS_THE_ENUM.get(shape.name, "")
    if getattr(shape, "enum", None) and value not in shape.enum and known not in (None, value):
        yield f"{at} is {value}, which is none of {shape.enum}"


def plain(tag):
    return tag.rsplit("}", 1)[-1]


def xml_faults(shape, element, at):
    kind = shape.type_name
    if kind == "structure":
        members = in_body(shape)
        lists = {}
        for child in element:
            name = plain(child.tag)
            member = members.get(name) or flattened(members, name)
            if member is None:
                yield f"the model knows no member {at}.{name}"
            elif member.type_name == "list" and member.serialization.get("flattened"):
                yield from xml_faults(member.member, child, f"{at}.{name}[]")
            elif lists.setdefault(name, child) is not child:
                yield f"{at}.{name} is there twice"
            else:
                yield from xml_faults(member, child, f"{at}.{name}")
        for name in shape.required_members:
            if shape.members[name].serialization.get("location") or f"{at}.{name}" in NOT_REQUIRED:
                continue  # A header, which is looked at beside the body.
            if shape.members[name].serialization.get("name", name) not in lists and not shape.members[name].serialization.get("flattened"):
                yield f"{at}.{name} is required and not there"
    elif kind == "list":
        wanted = shape.member.serialization.get("name", "member")
        for child in element:
            if plain(child.tag) != wanted:
                yield f"{at} holds {plain(child.tag)}, and not {wanted}"
            yield from xml_faults(shape.member, child, f"{at}[]")
    elif kind != "map":
        yield from text_faults(shape, element.text or "", at, ISO)


def flattened(members, name):
    """A flattened list is spelled by the name of its entries."""
    lists = (member for member in members.values() if member.type_name == "list" and member.serialization.get("flattened"))
    return next((member for member in lists if member.member.serialization.get("name") == name), None)


def text_faults(shape, text, at, date):
    wrong = {
        "integer": not re.fullmatch(r"-?\d+", text), "long": not re.fullmatch(r"-?\d+", text), "boolean": text not in ("true", "false"),
        "timestamp": not (ISO if shape.serialization.get("timestampFormat") == "iso8601" else date).fullmatch(text),
    }.get(shape.type_name, False)
    if wrong:
        yield f"{at} is {text!r}, which is no {shape.type_name}"
    elif shape.type_name == "string":
        yield from enum_faults(shape, text, at)
