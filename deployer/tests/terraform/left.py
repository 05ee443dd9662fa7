"""What an account still has, counted with boto3."""

import boto3

# What an instance, a bucket and so on of this configuration would be.
LISTS = (
    ("connect", "list_instances", "InstanceSummaryList", "InstanceAlias"),
    ("connect", "list_phone_numbers_v2", "ListPhoneNumbersSummaryList", "PhoneNumber"),
    ("dynamodb", "list_tables", "TableNames", None),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList", "Arn"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("apigateway", "get_rest_apis", "items", "name"),
    ("apigateway", "get_api_keys", "items", "name"),
    ("apigateway", "get_usage_plans", "items", "name"),
    ("apigateway", "get_domain_names", "items", "domainName"),
    ("acm", "list_certificates", "CertificateSummaryList", "DomainName"),
    ("s3", "list_buckets", "Buckets", "Name"),
)
# Connect creates the log group of an instance with flow logs itself, and leaves it (administrator guide, "Flow logs").
MADE_BY_CONNECT = {"/aws/connect/terraform-main"}


def everything(endpoint):
    """Names of all that is left."""
    session = boto3.Session(aws_access_key_id="111122223333", aws_secret_access_key="example", region_name="us-east-1")
    for service, call, member, name in LISTS:
        found = getattr(session.client(service, endpoint_url=endpoint), call)()[member]
        for one in found:
            named = one if name is None else one.get(name, "?")
            if named not in MADE_BY_CONNECT and not str(one.get("Path", "") if name else "").startswith("/aws-service-role/"):
                yield f"{service} {named}"
    policies = session.client("iam", endpoint_url=endpoint).list_policies(Scope="Local")["Policies"]
    yield from (f"iam {policy['PolicyName']}" for policy in policies)
