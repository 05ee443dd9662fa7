"""The stack by hand, with boto3 and threads: what somebody would write who wants it fast.

    by_hand.py ENDPOINT DIRECTORY create|check|change|destroy|count

Each call starts as soon as what it needs is known. Nothing is looked up before it is created; the two ids that AWS chooses are kept in a
file. `check` looks at every resource and compares what it was given.
"""

import base64
import hashlib
import json
import pathlib
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

REGION, ACCOUNT, DOMAIN, STAGE, TABLE = "us-east-1", "111122223333", "by-hand.example", "live", "by-hand-numbers"
FUNCTIONS = {"convert": 8, "get": 10}
TAGS = {"application": "vanity-numbers", "environment": "dev"}
PAIRS = [{"Key": key, "Value": value} for key, value in TAGS.items()]


class Stack:
    def __init__(self, endpoint, directory):
        self.endpoint, self.directory = endpoint, pathlib.Path(directory)
        self.kept = self.directory / "ids.json"
        self.session, self.clients, self.lock = boto3.Session(), {}, threading.Lock()
        self.pool = ThreadPoolExecutor(24)

    def client(self, service):
        with self.lock:
            if service not in self.clients:
                self.clients[service] = self.session.client(
                    service, endpoint_url=self.endpoint, region_name=REGION, aws_access_key_id="example", aws_secret_access_key="example",
                    config=Config(max_pool_connections=24, retries={"mode": "standard"}))
            return self.clients[service]

    def go(self, work, *after):
        """Starts work once all of this is done."""
        return self.pool.submit(lambda: work(*[one.result() for one in after]))

    def text(self, name):
        return (self.directory / name).read_text()

    def environment(self, name, level):
        changed = {"LOG_LEVEL": level} if name == "convert" and level else {}
        return {"Variables": {"TABLE_NAME": TABLE, **changed}}

    def create(self):
        roles = {name: self.go(lambda name=name: self.role(name)) for name in FUNCTIONS}
        table = self.go(self.table)
        api = self.go(self.api)
        certificate = self.go(self.certificate)
        identity = self.go(self.identity)
        logs = [self.go(lambda name=name: self.logs(name)) for name in FUNCTIONS]
        functions = [self.go(lambda _, name=name: self.function(name), role) for name, role in roles.items()]
        stage = self.go(self.stage, api)
        permission = self.go(lambda api, _: self.permission(api), api, functions[1])
        domain = self.go(self.domain, certificate)
        mapping = self.go(lambda api, *_: self.mapping(api), api, stage, domain)
        self.all([table, identity, *logs, *functions, permission, mapping])
        self.kept.write_text(json.dumps({"api": api.result(), "certificate": certificate.result()}))

    def all(self, work):
        return [one.result() for one in work]

    def identity(self):
        assert self.client("sts").get_caller_identity()["Account"] == ACCOUNT

    def role(self, name):
        iam = self.client("iam")
        iam.create_role(RoleName=f"by-hand-{name}", AssumeRolePolicyDocument=self.text("trust.json"), Tags=PAIRS)
        iam.put_role_policy(RoleName=f"by-hand-{name}", PolicyName="function", PolicyDocument=self.text("policy.json"))

    def table(self):
        dynamodb = self.client("dynamodb")
        dynamodb.create_table(
            TableName=TABLE, BillingMode="PAY_PER_REQUEST", Tags=PAIRS,
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in (("id", "S"), ("feed", "S"), ("updated_at", "N"))],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            GlobalSecondaryIndexes=[{
                "IndexName": "recent", "Projection": {"ProjectionType": "ALL"},
                "KeySchema": [{"AttributeName": "feed", "KeyType": "HASH"}, {"AttributeName": "updated_at", "KeyType": "RANGE"}]}])
        self.until(lambda: dynamodb.describe_table(TableName=TABLE)["Table"]["TableStatus"] == "ACTIVE")
        dynamodb.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})

    def logs(self, name):
        logs = self.client("logs")
        logs.create_log_group(logGroupName=f"/aws/lambda/by-hand-{name}", tags=TAGS)
        logs.put_retention_policy(logGroupName=f"/aws/lambda/by-hand-{name}", retentionInDays=30)

    def function(self, name):
        client = self.client("lambda")
        client.create_function(
            FunctionName=f"by-hand-{name}", Runtime="provided.al2023", Handler="bootstrap", Role=f"arn:aws:iam::{ACCOUNT}:role/by-hand-{name}",
            Code={"ZipFile": (self.directory / f"{name}.zip").read_bytes()}, MemorySize=256, Timeout=FUNCTIONS[name], Tags=TAGS,
            Environment=self.environment(name, None))
        self.until(lambda: client.get_function_configuration(FunctionName=f"by-hand-{name}")["State"] == "Active")

    def api(self):
        client = self.client("apigateway")
        return client.create_rest_api(name="by-hand", endpointConfiguration={"types": ["REGIONAL"]}, tags=TAGS)["id"]

    def permission(self, api):
        self.client("lambda").add_permission(
            FunctionName="by-hand-get", StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/*/*")

    def stage(self, api):
        client = self.client("apigateway")
        client.put_rest_api(restApiId=api, mode="overwrite", body=self.text("api.json"))
        deployment = client.create_deployment(restApiId=api)["id"]
        client.create_stage(restApiId=api, stageName=STAGE, deploymentId=deployment, tags=TAGS)

    def certificate(self):
        pem = [(self.directory / name).read_bytes() for name in ("certificate.pem", "key.pem")]
        return self.client("acm").import_certificate(Certificate=pem[0], PrivateKey=pem[1], Tags=PAIRS)["CertificateArn"]

    def domain(self, certificate):
        client = self.client("apigateway")
        made = client.create_domain_name(
            domainName=DOMAIN, regionalCertificateArn=certificate, endpointConfiguration={"types": ["REGIONAL"]}, securityPolicy="TLS_1_2", tags=TAGS)
        if made.get("domainNameStatus", "AVAILABLE") != "AVAILABLE":
            self.until(lambda: client.get_domain_name(domainName=DOMAIN)["domainNameStatus"] == "AVAILABLE")

    def mapping(self, api):
        self.client("apigateway").create_base_path_mapping(domainName=DOMAIN, restApiId=api, stage=STAGE)

    def until(self, done):
        while not done():
            time.sleep(0.2)

    def check(self, level=None):
        """The functions whose environment is another one than is wanted; anything else that differs ends the script."""
        kept = json.loads(self.kept.read_text())
        iam = lambda name: self.client("iam").get_role_policy(RoleName=f"by-hand-{name}", PolicyName="function")["PolicyDocument"]
        function = lambda name: self.client("lambda").get_function_configuration(FunctionName=f"by-hand-{name}")
        roles = [self.go(lambda name=name: iam(name)) for name in FUNCTIONS]
        functions = {name: self.go(lambda name=name: function(name)) for name in FUNCTIONS}
        table = self.go(lambda: self.client("dynamodb").describe_table(TableName=TABLE)["Table"])
        backups = self.go(lambda: self.client("dynamodb").describe_continuous_backups(TableName=TABLE)["ContinuousBackupsDescription"])
        groups = self.go(lambda: self.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/by-hand-")["logGroups"])
        policy = self.go(lambda: json.loads(self.client("lambda").get_policy(FunctionName="by-hand-get")["Policy"]))
        stage = self.go(lambda: self.client("apigateway").get_stage(restApiId=kept["api"], stageName=STAGE))
        domain = self.go(lambda: self.client("apigateway").get_domain_name(domainName=DOMAIN))
        mapping = self.go(lambda: self.client("apigateway").get_base_path_mapping(domainName=DOMAIN, basePath="(none)"))
        wanted = json.loads(self.text("policy.json"))
        assert all(one.result() == wanted for one in roles)
        assert table.result()["TableStatus"] == "ACTIVE" and len(table.result()["GlobalSecondaryIndexes"]) == 1
        assert backups.result()["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
        assert [group["retentionInDays"] for group in groups.result()] == [30, 30]
        assert [statement["Sid"] for statement in policy.result()["Statement"]] == ["api"]
        assert stage.result()["deploymentId"] and mapping.result()["stage"] == STAGE
        assert domain.result()["regionalCertificateArn"] == kept["certificate"]
        for name, one in functions.items():
            digest = base64.b64encode(hashlib.sha256((self.directory / f"{name}.zip").read_bytes()).digest()).decode()
            assert one.result()["CodeSha256"] == digest and one.result()["Timeout"] == FUNCTIONS[name]
        return [name for name, one in functions.items() if one.result()["Environment"] != self.environment(name, level)]

    def change(self):
        differ = self.check("debug")
        assert differ == ["convert"], differ
        self.client("lambda").update_function_configuration(FunctionName="by-hand-convert", Environment=self.environment("convert", "debug"))
        self.until(lambda: self.client("lambda").get_function_configuration(FunctionName="by-hand-convert").get("LastUpdateStatus", "Successful") == "Successful")

    def destroy(self):
        kept = json.loads(self.kept.read_text())
        gateway = lambda: self.client("apigateway")
        mapping = self.go(lambda: gateway().delete_base_path_mapping(domainName=DOMAIN, basePath="(none)"))
        roles = [self.go(lambda name=name: self.delete_role(name)) for name in FUNCTIONS]
        functions = [self.go(lambda name=name: self.client("lambda").delete_function(FunctionName=f"by-hand-{name}")) for name in FUNCTIONS]
        logs = [self.go(lambda name=name: self.client("logs").delete_log_group(logGroupName=f"/aws/lambda/by-hand-{name}")) for name in FUNCTIONS]
        table = self.go(lambda: self.client("dynamodb").delete_table(TableName=TABLE))
        domain = self.go(lambda _: gateway().delete_domain_name(domainName=DOMAIN), mapping)
        certificate = self.go(lambda _: self.client("acm").delete_certificate(CertificateArn=kept["certificate"]), domain)
        # Its deployment and stage go with it.
        api = self.go(lambda _: gateway().delete_rest_api(restApiId=kept["api"]), mapping)
        self.all([*roles, *functions, *logs, table, certificate, api])

    def delete_role(self, name):
        self.client("iam").delete_role_policy(RoleName=f"by-hand-{name}", PolicyName="function")
        self.client("iam").delete_role(RoleName=f"by-hand-{name}")

    def count(self):
        """Everything that exists, whoever made it."""
        gateway, acm = self.client("apigateway"), self.client("acm")
        apis = [api["id"] for api in gateway.get_rest_apis()["items"]]
        domains = [domain["domainName"] for domain in gateway.get_domain_names()["items"]]
        functions = [function["FunctionName"] for function in self.client("lambda").list_functions()["Functions"]]
        counts = {
            "tables": len(self.client("dynamodb").list_tables()["TableNames"]),
            "roles": len(self.client("iam").list_roles()["Roles"]),
            "functions": len(functions),
            "log groups": len(self.client("logs").describe_log_groups()["logGroups"]),
            "permissions": sum(map(self.statements, functions)),
            "APIs": len(apis),
            "deployments": sum(len(gateway.get_deployments(restApiId=api)["items"]) for api in apis),
            "stages": sum(len(gateway.get_stages(restApiId=api)["item"]) for api in apis),
            "certificates": len(acm.list_certificates(Includes={"keyTypes": ["EC_prime256v1", "RSA_2048"]})["CertificateSummaryList"]),
            "domains": len(domains),
            "mappings": sum(len(gateway.get_base_path_mappings(domainName=domain)["items"]) for domain in domains),
            "changed": sum("LOG_LEVEL" in self.variables(name) for name in functions),
        }
        print(json.dumps(counts))

    def variables(self, function):
        return self.client("lambda").get_function_configuration(FunctionName=function).get("Environment", {}).get("Variables", {})

    def statements(self, function):
        client = self.client("lambda")
        try:
            return len(json.loads(client.get_policy(FunctionName=function)["Policy"])["Statement"])
        except client.exceptions.ResourceNotFoundException:
            return 0


def main():
    stack, command = Stack(*sys.argv[1:3]), sys.argv[3]
    if command == "check":
        assert stack.check() == []
    else:
        getattr(stack, command)()


main()
