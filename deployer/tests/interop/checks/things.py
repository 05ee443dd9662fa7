"""What checks need before they can ask: roles, functions, tables, APIs, certificates, buckets."""

import datetime
import io
import json
import zipfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from botocore.exceptions import ClientError

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"

# Answers every event with itself.
BOOTSTRAP = """#!/usr/bin/env python3
import json, os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    got = urllib.request.urlopen(api + "next")
    event = json.loads(got.read())
    kind = "error" if isinstance(event, dict) and "fail" in event else "response"
    said = {"errorType": "Failed", "errorMessage": event["fail"]} if kind == "error" else {"event": event, "function": os.environ["AWS_LAMBDA_FUNCTION_NAME"]}
    where = api + got.headers["Lambda-Runtime-Aws-Request-Id"] + "/" + kind
    urllib.request.urlopen(urllib.request.Request(where, data=json.dumps(said).encode(), method="POST"))
"""


def archive(content=BOOTSTRAP, name="bootstrap"):
    """The same bytes for the same content."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as files:
        entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
        entry.external_attr = 0o755 << 16
        files.writestr(entry, content)
    return written.getvalue()


CODE = archive()


def role(at):
    """The ARN of a role that Lambda can assume by now."""
    def make():
        name = at.name("lambda-role")
        arn = at.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        at.iam.attach_role_policy(RoleName=name, PolicyArn=BASIC)
        probe = at.name("probe")

        def assumable():
            try:
                at.lambda_.create_function(**definition(probe, arn))
            except ClientError as error:
                if "cannot be assumed" in error.response["Error"]["Message"]:
                    return False
                raise
            return True

        at.until("Lambda can assume a role", assumable)
        return arn

    return at.kept("lambda role", make)


def definition(name, role_arn, **changed):
    wanted = {
        "FunctionName": name, "Role": role_arn, "Runtime": "provided.al2023", "Handler": "bootstrap", "Code": {"ZipFile": CODE}, **changed,
    }
    return {member: value for member, value in wanted.items() if value is not None}


def function(at, active=True, **changed):
    """The name of a new function."""
    name = at.name("function")
    at.lambda_.create_function(**definition(name, role(at), **changed))
    if active:
        settled(at, name)
    return name


def settled(at, name):
    def idle():
        found = at.lambda_.get_function_configuration(FunctionName=name)
        return found["State"] == "Active" and found.get("LastUpdateStatus") != "InProgress"

    at.until(f"{name} is active", idle)


def table(at, active=True, **changed):
    """The name of a new table with the key (pk, sk), both strings."""
    name = at.name("table")
    wanted = {
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}], **changed,
    }
    at.dynamodb.create_table(**{member: value for member, value in wanted.items() if value is not None})
    if active:
        table_active(at, name)
    return name


def table_active(at, name):
    def active():
        found = at.dynamodb.describe_table(TableName=name)["Table"]
        indexes = [index.get("IndexStatus") for index in found.get("GlobalSecondaryIndexes", [])]
        return all(status == "ACTIVE" for status in [found["TableStatus"], *indexes])

    at.until(f"{name} is active", active)


def api(at, **changed):
    """A new REST API: its id and the id of its root."""
    made = at.apigateway.create_rest_api(**{"name": at.name("api"), "endpointConfiguration": {"types": ["REGIONAL"]}, **changed})
    root = next(item["id"] for item in at.apigateway.get_resources(restApiId=made["id"])["items"] if item["path"] == "/")
    return made["id"], root


def integrated(at, function_name=None):
    """An API whose GET / is a function's: its id and its root's."""
    id_, root = api(at)
    at.apigateway.put_method(restApiId=id_, resourceId=root, httpMethod="GET", authorizationType="NONE")
    arn = f"arn:aws:lambda:us-east-1:111122223333:function:{function_name or at.kept('a function', lambda: function(at))}"
    at.apigateway.put_integration(
        restApiId=id_, resourceId=root, httpMethod="GET", type="AWS_PROXY", integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations",
    )
    return id_, root


def staged(at):
    """An API with a deployment and the stage `live`: its id and the deployment's."""
    id_, _ = integrated(at)
    deployment = at.apigateway.create_deployment(restApiId=id_)["id"]
    at.apigateway.create_stage(restApiId=id_, stageName="live", deploymentId=deployment)
    return id_, deployment


def pem(domain, kind="ec", days=90, starts=-1, key=None):
    """A self-signed certificate and its key."""
    key = key or (ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now + datetime.timedelta(days=starts))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False).sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.public_bytes(serialization.Encoding.PEM), private


def certificate(at, domain, kind="rsa", **more):
    """The ARN of an imported certificate."""
    body, key = pem(domain, kind)
    return at.acm.import_certificate(Certificate=body, PrivateKey=key, **more)["CertificateArn"]


def domain(at):
    """A custom domain with its certificate, usable: its name."""
    name = f"{at.name('api')}.voice.example"
    at.apigateway.create_domain_name(
        domainName=name, regionalCertificateArn=certificate(at, name), endpointConfiguration={"types": ["REGIONAL"]},
    )
    at.until(f"{name} is available", lambda: at.apigateway.get_domain_name(domainName=name).get("domainNameStatus") in (None, "AVAILABLE"))
    return name


def bucket(at, versioned=False):
    name = at.name("bucket-of-states")
    at.s3.create_bucket(Bucket=name)
    if versioned:
        at.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name
