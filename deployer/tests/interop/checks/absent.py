"""Operations on what is not there, where one sentence says it all."""

from checks import things
from suite import refusals

ROLE = {"RoleName": "nobody-there"}
for operation, more in {
    "GetRole": {}, "ListAttachedRolePolicies": {}, "ListInstanceProfilesForRole": {}, "ListRolePolicies": {}, "ListRoleTags": {}, "UpdateRole": {"Description": "x"}, "UpdateRoleDescription": {"Description": "x"},
    "PutRolePolicy": {"PolicyName": "p", "PolicyDocument": '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'},
    "TagRole": {"Tags": [{"Key": "a", "Value": "1"}]}, "UntagRole": {"TagKeys": ["a"]}, "UpdateAssumeRolePolicy": {"PolicyDocument": things.TRUST},
    "AttachRolePolicy": {"PolicyArn": things.BASIC}, "DetachRolePolicy": {"PolicyArn": things.BASIC}, "DeleteRole": {}, "DeleteRolePolicy": {"PolicyName": "p"},
    "GetRolePolicy": {"PolicyName": "p"},
}.items():
    refusals(f"iam.{operation}", "BC iam.NoSuchEntityException", "NoSuchEntity", 404, [
        ("a role that is not there", {**ROLE, **more}, "The role with name nobody-there cannot be found.")], kind="absent")

ARN = "arn:aws:lambda:us-east-1:111122223333:function:nothing-there"
for operation, arguments in {
    "DeleteFunctionConcurrency": {}, "GetFunctionCodeSigningConfig": {}, "GetFunctionConcurrency": {}, "GetFunctionConfiguration": {}, "ListAliases": {},
    "ListVersionsByFunction": {}, "PublishVersion": {}, "PutFunctionConcurrency": {"ReservedConcurrentExecutions": 1}, "UpdateFunctionCode": {"ZipFile": things.CODE},
    "UpdateFunctionConfiguration": {"Timeout": 5}, "CreateAlias": {"Name": "live", "FunctionVersion": "1"}, "GetPolicy": {},
    "RemovePermission": {"StatementId": "api"}, "GetAlias": {"Name": "live"}, "UpdateAlias": {"Name": "live", "Description": "x"},
}.items():
    refusals(f"lambda.{operation}", "BC lambda.ResourceNotFoundException", "ResourceNotFoundException", 404, [
        ("a function that is not there", {"FunctionName": "nothing-there", **arguments})], kind="absent")
for operation, arguments in {"ListTags": {}, "TagResource": {"Tags": {"a": "1"}}, "UntagResource": {"TagKeys": ["a"]}}.items():
    refusals(f"lambda.{operation}", "BC lambda.ResourceNotFoundException", "ResourceNotFoundException", 404, [
        ("a function that is not there", {"Resource": ARN, **arguments})], kind="absent")

GROUP = {"logGroupName": "/nothing/there"}
GROUP_ARN = {"resourceArn": "arn:aws:logs:us-east-1:111122223333:log-group:/nothing/there"}
for operation, arguments in {
    "CreateLogStream": {**GROUP, "logStreamName": "s"}, "DeleteRetentionPolicy": GROUP, "DescribeLogStreams": GROUP, "FilterLogEvents": GROUP,
    "GetLogEvents": {**GROUP, "logStreamName": "s"}, "PutRetentionPolicy": {**GROUP, "retentionInDays": 7},
    "PutLogGroupDeletionProtection": {"logGroupIdentifier": "/nothing/there", "deletionProtectionEnabled": True}, "ListTagsForResource": GROUP_ARN,
    "TagResource": {**GROUP_ARN, "tags": {"a": "1"}}, "UntagResource": {**GROUP_ARN, "tagKeys": ["a"]}, "DeleteLogStream": {**GROUP, "logStreamName": "s"},
}.items():
    refusals(f"logs.{operation}", "BC logs.ResourceNotFoundException", "ResourceNotFoundException", 400, [("a group that is not there", arguments)], kind="absent")

TABLE = {"TableName": "nothing-there"}
TABLE_ARN = {"ResourceArn": "arn:aws:dynamodb:us-east-1:111122223333:table/nothing-there"}
for operation, arguments in {
    "DescribeTimeToLive": TABLE, "UpdateTimeToLive": {**TABLE, "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires"}},
    "ListTagsOfResource": TABLE_ARN, "UntagResource": {**TABLE_ARN, "TagKeys": ["a"]},
}.items():
    refusals(f"dynamodb.{operation}", "BC dynamodb.ResourceNotFoundException", "ResourceNotFoundException", 400, [("a table that is not there", arguments)], kind="absent")
