"""Lambda: functions, versions, aliases, permissions, invocations."""

import base64
import hashlib
import json

from checks import things
from suite import check, refusals

CREATE = "BC lambda.CreateFunction"
QUOTAS = "Lambda quotas page"


def new(**changed):
    return lambda at: things.definition(at.name("faulty"), things.role(at), **changed)


def shared(at):
    """A function that no check changes."""
    return at.kept("a function", lambda: things.function(at))


def arn(name, qualifier=None):
    return f"arn:aws:lambda:us-east-1:111122223333:function:{name}" + (f":{qualifier}" if qualifier else "")


def published(at):
    name = things.function(at)
    at.equal("Version", at.lambda_.publish_version(FunctionName=name)["Version"], "1")
    return name


def permission(name, **changed):
    wanted = {"FunctionName": name, "StatementId": "api", "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com", **changed}
    return {member: value for member, value in wanted.items() if value is not None}


def policy(at, name, **more):
    return json.loads(at.lambda_.get_policy(FunctionName=name, **more)["Policy"])


refusals("lambda.CreateFunction", CREATE, "InvalidParameterValueException", 400, [
    ("a function whose role does not exist", lambda at: things.definition(at.name("faulty"), "arn:aws:iam::111122223333:role/nobody-there"), "cannot be assumed by Lambda"),
], kind="absent")
refusals("lambda.CreateFunction", CREATE, "InvalidParameterValueException", 400, [
    ("a function whose role trusts others", lambda at: things.definition(at.name("faulty"), at.iam.create_role(
        RoleName=at.name("role"), AssumeRolePolicyDocument=things.TRUST.replace("lambda.", "apigateway."))["Role"]["Arn"]), "cannot be assumed by Lambda"),
    ("a function without code", new(Code={})),
    ("a function without a handler", new(Handler=None)),
    ("a function without a runtime", new(Runtime=None)),
    ("a zip that is none", new(Code={"ZipFile": b"nonsense"}), "unzip"),
    ("an empty zip", new(Code={"ZipFile": b"PK\x05\x06" + b"\0" * 18})),
])
refusals("lambda.CreateFunction", f"{QUOTAS}; configuration-envvars page: reserved keys", "InvalidParameterValueException", 400, [
    ("a reserved key of the environment", new(Environment={"Variables": {"AWS_REGION": "x"}}), "reserved keys"),
    ("an environment of more than 4 KB", new(Environment={"Variables": {"TEXT": "x" * 4097}}), "4KB limit"),
])
refusals("lambda.CreateFunction", f"{CREATE}: constraints; {QUOTAS}", "ValidationException", 400, [
    ("a time-out of 901 seconds", new(Timeout=901)),
    ("a time-out of no second", new(Timeout=0)),
    ("a memory of 127 MB", new(MemorySize=127)),
    ("an ephemeral storage of 511 MB", new(EphemeralStorage={"Size": 511})),
    ("a description of 257 characters", new(Description="x" * 257)),
    ("a handler with a space", new(Handler="boot strap")),
    ("a handler of 129 characters", new(Handler="x" * 129)),
    ("a function name with a dot", new(FunctionName="a.b")),
    ("a role that is no ARN", new(Role="somebody")),
    ("a key of the environment that begins with a digit", new(Environment={"Variables": {"1A": "x"}})),
    ("an unknown architecture", new(Architectures=["riscv"])),
    ("two architectures", new(Architectures=["x86_64", "arm64"])),
    ("an unknown tracing mode", new(TracingConfig={"Mode": "Sometimes"})),
])


@check("lambda.CreateFunction", "BC lambda.Runtime; Lambda guide, Runtimes", kind="malformed")
def an_unknown_runtime_is_refused(at):
    at.refuses((("ValidationException", "InvalidParameterValueException"), 400), at.lambda_.create_function, **new(Runtime="cobol1")(at))


@check("lambda.CreateFunction", "BC lambda.ResourceConflictException; cargo and terraform issues show: Function already exist", kind="duplicate")
def a_second_function_of_the_name_is_refused(at):
    at.refuses(("ResourceConflictException", 409), at.lambda_.create_function, **things.definition(shared(at), things.role(at)), message="Function already exist")


@check("lambda.CreateFunction", "aws-sdk-js#850, terraform-provider-aws: a new role is known to Lambda after 5 to 15 seconds", realistic=True)
def a_role_of_this_second_cannot_be_assumed_yet(at):
    role = at.iam.create_role(RoleName=at.name("role"), AssumeRolePolicyDocument=things.TRUST)["Role"]["Arn"]
    at.refuses(("InvalidParameterValueException", 400), at.lambda_.create_function, **things.definition(at.name("early"), role), message="cannot be assumed by Lambda")


@check("lambda.CreateFunction", "BC lambda.State: Pending at first; Lambda guide, Function states", realistic=True)
def a_function_is_pending_before_it_is_active(at):
    made = at.lambda_.create_function(**things.definition(at.name("slow"), things.role(at)))
    at.equal("State", made["State"], "Pending")
    at.equal("LastUpdateStatus", made["LastUpdateStatus"], "InProgress")
    at.refuses(("ResourceConflictException", 409), at.lambda_.update_function_configuration, FunctionName=made["FunctionName"], Timeout=5)


@check("lambda.UpdateFunctionConfiguration", "BC lambda.LastUpdateStatus; Lambda guide, Function states: one update at a time", realistic=True)
def one_update_excludes_the_next(at):
    name = things.function(at)
    changed = at.lambda_.update_function_configuration(FunctionName=name, Timeout=9)
    at.equal("LastUpdateStatus", changed["LastUpdateStatus"], "InProgress")
    at.refuses(("ResourceConflictException", 409), at.lambda_.update_function_code, FunctionName=name, ZipFile=things.CODE, message="update is in progress")
    at.refuses(("ResourceConflictException", 409), at.lambda_.publish_version, FunctionName=name)


@check("lambda.CreateFunction", "BC lambda.FunctionConfiguration.CodeSha256: of the deployment package as uploaded, base64")
def the_hash_of_the_code_is_that_of_the_uploaded_bytes(at):
    found = at.lambda_.get_function(FunctionName=shared(at))["Configuration"]
    at.equal("CodeSha256", found["CodeSha256"], base64.b64encode(hashlib.sha256(things.CODE).digest()).decode())
    at.equal("CodeSize", found["CodeSize"], len(things.CODE))


@check("lambda.CreateFunction", "BC lambda.FunctionConfiguration; CreateFunction: defaults")
def what_is_not_said_has_a_default(at):
    found = at.lambda_.get_function_configuration(FunctionName=shared(at))
    members = ("Timeout", "MemorySize", "Description", "Architectures", "PackageType", "TracingConfig", "EphemeralStorage", "Version")
    at.equal("defaults", {member: found.get(member) for member in members}, {
        "Timeout": 3, "MemorySize": 128, "Description": "", "Architectures": ["x86_64"], "PackageType": "Zip", "TracingConfig": {"Mode": "PassThrough"},
        "EphemeralStorage": {"Size": 512}, "Version": "$LATEST"})


@check("lambda.CreateFunction", "BC lambda.LoggingConfig: Text, and the group /aws/lambda/NAME; SnapStartResponse")
def logging_and_snapshots_have_defaults(at):
    found = at.lambda_.get_function_configuration(FunctionName=shared(at))
    at.equal("LoggingConfig", found.get("LoggingConfig"), {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{shared(at)}"})
    at.equal("SnapStart", found.get("SnapStart"), {"ApplyOn": "None", "OptimizationStatus": "Off"})


@check("lambda.CreateFunction", "BC lambda.CreateFunction: Tags; GetFunction returns them")
def the_tags_of_a_function_are_kept(at):
    name = things.function(at, Tags={"project": "vanity"})
    at.equal("Tags of GetFunction", at.lambda_.get_function(FunctionName=name).get("Tags"), {"project": "vanity"})
    at.equal("Tags of ListTags", at.lambda_.list_tags(Resource=arn(name))["Tags"], {"project": "vanity"})


@check("lambda.GetFunction", "BC lambda.FunctionCodeLocation: a presigned URL")
def the_code_can_be_fetched_from_somewhere(at):
    code = at.lambda_.get_function(FunctionName=shared(at))["Code"]
    at.equal("RepositoryType", code["RepositoryType"], "S3")
    at.true("a URL", code["Location"].startswith("http"))


@check("lambda.GetFunction", "BC lambda.ResourceNotFoundException", kind="absent")
def an_absent_function_is_not_found(at):
    at.refuses(("ResourceNotFoundException", 404), at.lambda_.get_function, FunctionName="nothing-there", message=f"Function not found: {arn('nothing-there')}")


@check("lambda.GetFunction", "floci#2821, measured: an unknown qualifier", kind="absent")
def an_absent_version_is_not_found(at):
    at.refuses(("ResourceNotFoundException", 404), at.lambda_.get_function, FunctionName=shared(at), Qualifier="99", message=f"Function not found: {arn(shared(at), 99)}")


@check("lambda.GetFunction", "BC lambda.FunctionName: name, partial ARN or ARN")
def a_function_is_found_by_name_arn_and_partial_arn(at):
    name = shared(at)
    for text in (name, arn(name), f"111122223333:function:{name}", f"{name}:$LATEST"):
        at.equal(f"FunctionName of {text}", at.lambda_.get_function(FunctionName=text)["Configuration"]["FunctionName"], name)


@check("lambda.ListFunctions", "BC lambda.ListFunctions: State, LastUpdateStatus and others are not returned")
def a_list_of_functions_leaves_out_their_states(at):
    name = shared(at)
    found = [one for page in at.lambda_.get_paginator("list_functions").paginate() for one in page["Functions"] if one["FunctionName"] == name]
    at.equal("entries", len(found), 1)
    at.true("no State and no LastUpdateStatus", "State" not in found[0] and "LastUpdateStatus" not in found[0])


@check("lambda.ListFunctions", "BC lambda.MaxListItems; ListFunctions: Marker, NextMarker")
def functions_come_in_pages(at):
    shared(at), things.function(at, active=False)
    page = at.lambda_.list_functions(MaxItems=1)
    at.equal("size of the page", len(page["Functions"]), 1)
    following = at.lambda_.list_functions(MaxItems=1, Marker=page["NextMarker"])
    at.true("the next is another", following["Functions"][0]["FunctionName"] != page["Functions"][0]["FunctionName"])


@check("lambda.UpdateFunctionConfiguration", "cdkd#1155, measured: an absent member keeps its value")
def an_absent_setting_stays(at):
    name = things.function(at, Timeout=7, Environment={"Variables": {"LEVEL": "debug"}})
    at.lambda_.update_function_configuration(FunctionName=name, MemorySize=256)
    things.settled(at, name)
    found = at.lambda_.get_function_configuration(FunctionName=name)
    at.equal("settings", (found["Timeout"], found["MemorySize"], found["Environment"]["Variables"]), (7, 256, {"LEVEL": "debug"}))


@check("lambda.UpdateFunctionConfiguration", "cdkd#1161, measured: Environment without Variables keeps them, with an empty map clears them")
def an_environment_is_cleared_by_an_empty_map_alone(at):
    name = things.function(at, Environment={"Variables": {"LEVEL": "debug"}})
    at.lambda_.update_function_configuration(FunctionName=name, Environment={})
    things.settled(at, name)
    at.equal("kept", at.lambda_.get_function_configuration(FunctionName=name).get("Environment"), {"Variables": {"LEVEL": "debug"}})
    at.lambda_.update_function_configuration(FunctionName=name, Environment={"Variables": {}})
    things.settled(at, name)
    at.true("no Environment", not at.lambda_.get_function_configuration(FunctionName=name).get("Environment", {}).get("Variables"))


@check("lambda.UpdateFunctionConfiguration", "BC lambda.PreconditionFailedException", kind="malformed")
def an_old_revision_changes_nothing(at):
    name = things.function(at)
    at.refuses(("PreconditionFailedException", 412), at.lambda_.update_function_configuration, FunctionName=name, Timeout=5,
               RevisionId="00000000-0000-0000-0000-000000000000")


@check("lambda.UpdateFunctionConfiguration", "BC lambda.FunctionConfiguration.RevisionId: changes with every update")
def every_update_has_a_revision_of_its_own(at):
    name = things.function(at)
    old = at.lambda_.get_function_configuration(FunctionName=name)["RevisionId"]
    at.lambda_.update_function_configuration(FunctionName=name, Timeout=5, RevisionId=old)
    things.settled(at, name)
    at.true("another revision", at.lambda_.get_function_configuration(FunctionName=name)["RevisionId"] != old)


@check("lambda.UpdateFunctionConfiguration", CREATE + ": the role must be assumable by Lambda", kind="malformed")
def a_new_role_that_does_not_exist_is_refused(at):
    at.refuses(("InvalidParameterValueException", 400), at.lambda_.update_function_configuration, FunctionName=things.function(at),
               Role="arn:aws:iam::111122223333:role/nobody-there", message="cannot be assumed by Lambda")


@check("lambda.UpdateFunctionConfiguration", "configuration-envvars page: reserved keys", kind="malformed")
def a_reserved_key_is_refused_in_an_update(at):
    at.refuses(("InvalidParameterValueException", 400), at.lambda_.update_function_configuration, FunctionName=things.function(at),
               Environment={"Variables": {"LAMBDA_TASK_ROOT": "x"}}, message="reserved keys")


@check("lambda.UpdateFunctionCode", "BC lambda.UpdateFunctionCode: DryRun changes nothing")
def a_dry_run_changes_no_code(at):
    name = things.function(at)
    code = things.archive("#!/bin/sh\n")
    answer = at.lambda_.update_function_code(FunctionName=name, ZipFile=code, DryRun=True)
    wanted = base64.b64encode(hashlib.sha256(code).digest()).decode()
    at.equal("CodeSha256 of the dry run", answer["CodeSha256"], wanted)
    at.true("the function has its old code", at.lambda_.get_function_configuration(FunctionName=name)["CodeSha256"] != wanted)


@check("lambda.UpdateFunctionCode", "BC lambda.InvalidParameterValueException", kind="malformed")
def new_code_that_is_no_zip_is_refused(at):
    at.refuses(("InvalidParameterValueException", 400), at.lambda_.update_function_code, FunctionName=things.function(at), ZipFile=b"nonsense")


@check("lambda.DeleteFunction", "BC lambda.DeleteFunction, ResourceNotFoundException", kind="absent")
def a_deleted_function_is_gone(at):
    name = things.function(at)
    at.lambda_.delete_function(FunctionName=name)
    at.until("the function is gone", lambda: name not in [
        one["FunctionName"] for page in at.lambda_.get_paginator("list_functions").paginate() for one in page["Functions"]])
    at.refuses(("ResourceNotFoundException", 404), at.lambda_.delete_function, FunctionName=name)


@check("lambda.DeleteFunction", "BC lambda.DeleteFunction: $LATEST cannot be deleted without the function", kind="malformed")
def the_latest_version_alone_is_not_deleted(at):
    at.refuses(("InvalidParameterValueException", 400), at.lambda_.delete_function, FunctionName=things.function(at), Qualifier="$LATEST")


@check("lambda.DeleteFunction", "floci#2824, measured: an absent version is no error")
def the_deletion_of_an_absent_version_is_no_error(at):
    name = things.function(at)
    at.lambda_.delete_function(FunctionName=name, Qualifier="99")
    at.lambda_.get_function(FunctionName=name)


@check("lambda.DeleteFunction", "Lambda guide; Zappa#960: aliases hold their versions")
def a_version_with_an_alias_is_not_deleted(at):
    name = published(at)
    at.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    at.refuses(("ResourceConflictException", 409), at.lambda_.delete_function, FunctionName=name, Qualifier="1", message="aliases reference it: [live]")


@check("lambda.PublishVersion", "BC lambda.PublishVersion: nothing is published if nothing changed since the last version", kind="duplicate")
def an_unchanged_function_is_not_published_again(at):
    name = published(at)
    at.equal("Version", at.lambda_.publish_version(FunctionName=name)["Version"], "1")
    at.lambda_.update_function_configuration(FunctionName=name, Timeout=5)
    things.settled(at, name)
    at.equal("Version after a change", at.lambda_.publish_version(FunctionName=name)["Version"], "2")


@check("lambda.PublishVersion", "BC lambda.PublishVersion: a snapshot of code and configuration")
def a_version_stays_as_it_was(at):
    name = published(at)
    at.lambda_.update_function_configuration(FunctionName=name, Timeout=9)
    things.settled(at, name)
    at.equal("Timeout of version 1", at.lambda_.get_function_configuration(FunctionName=name, Qualifier="1")["Timeout"], 3)
    at.equal("its ARN", at.lambda_.get_function_configuration(FunctionName=name, Qualifier="1")["FunctionArn"], arn(name, 1))


@check("lambda.PublishVersion", "BC lambda.PublishVersionRequest.CodeSha256", kind="malformed")
def a_version_of_other_code_is_not_published(at):
    at.refuses(("InvalidParameterValueException", 400), at.lambda_.publish_version, FunctionName=things.function(at), CodeSha256="AAAA")


@check("lambda.PublishVersion", "BC lambda.PreconditionFailedException", kind="malformed")
def a_version_of_an_old_revision_is_not_published(at):
    at.refuses(("PreconditionFailedException", 412), at.lambda_.publish_version, FunctionName=things.function(at), RevisionId="00000000-0000-0000-0000-000000000000")


@check("lambda.ListVersionsByFunction", "BC lambda.ListVersionsByFunction")
def versions_are_listed_with_the_latest_first(at):
    name = published(at)
    at.equal("versions", [one["Version"] for one in at.lambda_.list_versions_by_function(FunctionName=name)["Versions"]], ["$LATEST", "1"])


@check("lambda.CreateAlias", "HumanCellAtlas/data-store#929: Alias already exists", kind="duplicate")
def a_second_alias_of_the_name_is_refused(at):
    name = published(at)
    made = at.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    at.equal("AliasArn", made["AliasArn"], arn(name, "live"))
    at.refuses(("ResourceConflictException", 409), at.lambda_.create_alias, FunctionName=name, Name="live", FunctionVersion="1", message=f"Alias already exists: {arn(name, 'live')}")


@check("lambda.CreateAlias", "BC lambda.ResourceNotFoundException", kind="absent")
def an_alias_of_an_absent_version_is_refused(at):
    at.refuses(("ResourceNotFoundException", 404), at.lambda_.create_alias, FunctionName=things.function(at), Name="live", FunctionVersion="99")


refusals("lambda.CreateAlias", "BC lambda.Alias: (?!^[0-9]+$)([a-zA-Z0-9-_]+)", "ValidationException", 400, [
    ("an alias of digits alone", lambda at: {"FunctionName": shared(at), "Name": "123", "FunctionVersion": "$LATEST"}),
    ("an alias with a dot", lambda at: {"FunctionName": shared(at), "Name": "a.b", "FunctionVersion": "$LATEST"}),
])
refusals("lambda.GetAlias", "BC lambda.ResourceNotFoundException", "ResourceNotFoundException", 404, [
    ("an absent alias", lambda at: {"FunctionName": shared(at), "Name": "nothing"}, "Cannot find alias arn")], kind="absent")
refusals("lambda.UpdateAlias", "BC lambda.ResourceNotFoundException", "ResourceNotFoundException", 404, [
    ("the update of an absent alias", lambda at: {"FunctionName": shared(at), "Name": "nothing", "Description": "x"})], kind="absent")


@check("lambda.CreateAlias", "Lambda guide, configuration-aliases: weights to one other version, not $LATEST", kind="malformed")
def an_alias_with_two_further_versions_is_refused(at):
    at.refuses((("InvalidParameterValueException", "ValidationException"), 400), at.lambda_.create_alias, FunctionName=published(at), Name="live", FunctionVersion="1",
               RoutingConfig={"AdditionalVersionWeights": {"2": 0.1, "3": 0.1}})


@check("lambda.CreateAlias", "Lambda guide, configuration-aliases: an alias with weights must not point to $LATEST", kind="malformed")
def an_alias_of_the_latest_version_takes_no_weights(at):
    at.refuses(("InvalidParameterValueException", 400), at.lambda_.create_alias, FunctionName=published(at), Name="live", FunctionVersion="$LATEST",
               RoutingConfig={"AdditionalVersionWeights": {"1": 0.1}})


@check("lambda.UpdateAlias", "BC lambda.UpdateAlias, PreconditionFailedException")
def an_alias_moves_and_knows_its_revision(at):
    name = published(at)
    made = at.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1", Description="x")
    moved = at.lambda_.update_alias(FunctionName=name, Name="live", FunctionVersion="$LATEST", RevisionId=made["RevisionId"])
    at.equal("alias", (moved["FunctionVersion"], moved["Description"]), ("$LATEST", "x"))
    at.refuses(("PreconditionFailedException", 412), at.lambda_.update_alias, FunctionName=name, Name="live", Description="y", RevisionId=made["RevisionId"])


@check("lambda.DeleteAlias", "BC lambda.DeleteAlias: no ResourceNotFoundException is modelled", kind="absent")
def the_deletion_of_an_absent_alias_is_no_error(at):
    answer = at.lambda_.delete_alias(FunctionName=shared(at), Name="nothing")
    at.equal("status", answer["ResponseMetadata"]["HTTPStatusCode"], 204)


@check("lambda.AddPermission", "cargo-lambda#261: The statement id (SID) provided already exists", kind="duplicate")
def a_second_statement_of_the_id_is_refused(at):
    name = things.function(at)
    at.lambda_.add_permission(**permission(name))
    at.refuses(("ResourceConflictException", 409), at.lambda_.add_permission, **permission(name), message="provided already exists")


@check("lambda.AddPermission", "Lambda guide, resource-based policies; BC lambda.AddPermission")
def a_permission_becomes_a_statement_of_the_policy(at):
    name = things.function(at)
    source = "arn:aws:execute-api:us-east-1:111122223333:abcdefghij/*/GET/x"
    at.lambda_.add_permission(**permission(name, SourceArn=source, SourceAccount="111122223333"))
    document = policy(at, name)
    at.equal("Version and Id", (document["Version"], document["Id"]), ("2012-10-17", "default"))
    at.equal("statement", document["Statement"], [{
        "Sid": "api", "Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "lambda:InvokeFunction", "Resource": arn(name),
        "Condition": {"StringEquals": {"AWS:SourceAccount": "111122223333"}, "ArnLike": {"AWS:SourceArn": source}}}])


@check("lambda.AddPermission", "BC lambda.AddPermissionRequest.Principal: an account's root")
def an_account_as_principal_is_its_root(at):
    name = things.function(at)
    at.lambda_.add_permission(**permission(name, Principal="444455556666"))
    at.equal("Principal", policy(at, name)["Statement"][0]["Principal"], {"AWS": "arn:aws:iam::444455556666:root"})


@check("lambda.AddPermission", "BC lambda.GetPolicyRequest.Qualifier: a version or alias has a policy of its own")
def an_alias_has_a_policy_of_its_own(at):
    name = published(at)
    at.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    at.lambda_.add_permission(**permission(name, Qualifier="live"))
    at.equal("Resource", policy(at, name, Qualifier="live")["Statement"][0]["Resource"], arn(name, "live"))
    at.refuses(("ResourceNotFoundException", 404), at.lambda_.get_policy, FunctionName=name)


refusals("lambda.AddPermission", "BC lambda.AddPermission: StatementId, Action, SourceAccount patterns", "ValidationException", 400, [
    ("a statement id with a space", lambda at: permission(shared(at), StatementId="a b")),
    ("an action of another service", lambda at: permission(shared(at), Action="s3:GetObject")),
    ("a source account that is none", lambda at: permission(shared(at), SourceAccount="12")),
])
refusals("lambda.AddPermission", "BC lambda.AddPermission: The provided principal was invalid (terraform-provider-aws#41617)", "InvalidParameterValueException", 400, [
    ("a principal that is none", lambda at: permission(shared(at), Principal="somebody"), "principal"),
])
refusals("lambda.AddPermission", "BC lambda.AddPermission: policies for $LATEST are not supported", "InvalidParameterValueException", 400, [
    ("a permission on the latest version", lambda at: permission(shared(at), Qualifier="$LATEST"), "$LATEST"),
])
refusals("lambda.AddPermission", "BC lambda.ResourceNotFoundException", "ResourceNotFoundException", 404, [
    ("a permission on an absent function", permission("nothing-there")),
    ("a permission on an absent alias", lambda at: permission(shared(at), Qualifier="nothing")),
], kind="absent")


@check("lambda.RemovePermission", "BC lambda.RemovePermission, ResourceNotFoundException", kind="absent")
def a_removed_statement_is_gone_and_with_the_last_one_the_policy(at):
    name = things.function(at)
    at.lambda_.add_permission(**permission(name))
    at.lambda_.remove_permission(FunctionName=name, StatementId="api")
    at.refuses(("ResourceNotFoundException", 404), at.lambda_.remove_permission, FunctionName=name, StatementId="api")
    at.refuses(("ResourceNotFoundException", 404), at.lambda_.get_policy, FunctionName=name)


@check("lambda.GetPolicy", "BC lambda.ResourceNotFoundException: a function without a policy", kind="absent")
def a_function_without_a_policy_has_none(at):
    at.refuses(("ResourceNotFoundException", 404), at.lambda_.get_policy, FunctionName=shared(at))


@check("lambda.PutFunctionConcurrency", "BC lambda.PutFunctionConcurrency, GetFunctionConcurrency: absent if not reserved")
def concurrency_is_reserved_and_released(at):
    name = things.function(at)
    at.true("nothing is reserved", "ReservedConcurrentExecutions" not in at.lambda_.get_function_concurrency(FunctionName=name))
    at.equal("answer", at.lambda_.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)["ReservedConcurrentExecutions"], 5)
    at.equal("GetFunction", at.lambda_.get_function(FunctionName=name)["Concurrency"], {"ReservedConcurrentExecutions": 5})
    at.lambda_.delete_function_concurrency(FunctionName=name)
    at.true("nothing is reserved again", "ReservedConcurrentExecutions" not in at.lambda_.get_function_concurrency(FunctionName=name))


@check("lambda.PutFunctionConcurrency", "Lambda guide, configuration-concurrency: 100 stay unreserved", kind="malformed")
def more_concurrency_than_the_account_can_spare_is_refused(at):
    at.refuses(("InvalidParameterValueException", 400), at.lambda_.put_function_concurrency, FunctionName=things.function(at),
               ReservedConcurrentExecutions=950, message="UnreservedConcurrentExecution")


@check("lambda.GetAccountSettings", "BC lambda.AccountLimit")
def an_account_has_its_limits(at):
    answer = at.lambda_.get_account_settings()
    at.equal("CodeSizeUnzipped, CodeSizeZipped", (answer["AccountLimit"]["CodeSizeUnzipped"], answer["AccountLimit"]["CodeSizeZipped"]), (262144000, 52428800))
    at.true("it counts functions", isinstance(answer["AccountUsage"]["FunctionCount"], int))


@check("lambda.TagResource", "BC lambda.TagResource, UntagResource")
def tags_of_a_function_are_added_and_removed(at):
    name = things.function(at, Tags={"a": "1", "b": "2"})
    at.lambda_.tag_resource(Resource=arn(name), Tags={"b": "3", "c": "4"})
    at.lambda_.untag_resource(Resource=arn(name), TagKeys=["a", "nothing"])
    at.equal("Tags", at.lambda_.list_tags(Resource=arn(name))["Tags"], {"b": "3", "c": "4"})


refusals("lambda.TagResource", "Lambda guide, configuration-tags: aws: is reserved, 50 tags", "InvalidParameterValueException", 400, [
    ("a reserved tag key of a function", lambda at: {"Resource": arn(things.function(at)), "Tags": {"aws:x": "1"}}),
    ("51 tags of a function", lambda at: {"Resource": arn(things.function(at)), "Tags": {f"k{n}": "v" for n in range(51)}}),
])
refusals("lambda.Invoke", "BC lambda.ResourceNotFoundException", "ResourceNotFoundException", 404, [
    ("an invocation of an absent function", {"FunctionName": "nothing-there"}, "Function not found"),
    ("an invocation of an absent alias", lambda at: {"FunctionName": shared(at), "Qualifier": "nothing"}),
], kind="absent")
refusals("lambda.Invoke", "BC lambda.InvalidRequestContentException", "InvalidRequestContentException", 400, [
    ("an event that is no JSON", lambda at: {"FunctionName": shared(at), "Payload": b"nonsense"}),
])


@check("lambda.Invoke", "BC lambda.InvocationType: DryRun answers 204")
def a_dry_run_of_an_invocation_answers_nothing(at):
    at.equal("StatusCode", at.lambda_.invoke(FunctionName=shared(at), InvocationType="DryRun")["StatusCode"], 204)


@check("lambda.Invoke", "BC lambda.InvocationType: Event answers 202")
def an_event_is_taken_without_an_answer(at):
    answer = at.lambda_.invoke(FunctionName=shared(at), InvocationType="Event", Payload=b"{}")
    at.equal("StatusCode", answer["StatusCode"], 202)
    at.equal("Payload", answer["Payload"].read(), b"")


@check("lambda.Invoke", "BC lambda.InvocationResponse: the executed version")
def a_function_answers_its_event(at):
    answer = at.lambda_.invoke(FunctionName=shared(at), Payload=b'{"a": 1}')
    at.equal("FunctionError", answer.get("FunctionError"), None)
    at.equal("ExecutedVersion", answer.get("ExecutedVersion"), "$LATEST")
    at.equal("Payload", json.loads(answer["Payload"].read())["event"], {"a": 1})


@check("lambda.Invoke", "BC lambda.InvocationResponse: FunctionError Unhandled; the log's tail is base64")
def a_failure_of_the_function_is_an_answer_with_its_log(at):
    answer = at.lambda_.invoke(FunctionName=shared(at), Payload=b'{"fail": "sorry"}', LogType="Tail")
    at.equal("StatusCode, FunctionError", (answer["StatusCode"], answer.get("FunctionError")), (200, "Unhandled"))
    at.equal("Payload", json.loads(answer["Payload"].read()), {"errorType": "Failed", "errorMessage": "sorry"})
    log = base64.b64decode(answer["LogResult"]).decode()
    at.true("START, END and REPORT", all(word in log for word in ("START RequestId:", "END RequestId:", "REPORT RequestId:")))


@check("lambda.Invoke", "BC lambda.TooManyRequestsException: a reserved concurrency of zero stops all invocations")
def a_reserved_concurrency_of_zero_stops_invocations(at):
    name = things.function(at)
    at.lambda_.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    at.refuses(("TooManyRequestsException", 429), at.lambda_.invoke, FunctionName=name, Payload=b"{}")


@check("lambda.ListAliases", "BC lambda.ListAliases, GetAlias: by version")
def aliases_are_listed_by_their_version(at):
    name = published(at)
    for alias, version in (("live", "1"), ("next", "$LATEST")):
        at.lambda_.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)
    at.equal("all", [one["Name"] for one in at.lambda_.list_aliases(FunctionName=name)["Aliases"]], ["live", "next"])
    at.equal("of version 1", [one["Name"] for one in at.lambda_.list_aliases(FunctionName=name, FunctionVersion="1")["Aliases"]], ["live"])
    at.equal("FunctionVersion", at.lambda_.get_alias(FunctionName=name, Name="live")["FunctionVersion"], "1")
    at.lambda_.delete_alias(FunctionName=name, Name="live")
    at.refuses(("ResourceNotFoundException", 404), at.lambda_.get_alias, FunctionName=name, Name="live")


@check("lambda.GetFunctionCodeSigningConfig", "BC lambda.GetFunctionCodeSigningConfigResponse: FunctionName, and no ARN where there is none")
def a_function_is_not_signed_unless_said(at):
    answer = at.lambda_.get_function_code_signing_config(FunctionName=shared(at))
    at.equal("FunctionName", answer["FunctionName"], shared(at))
    at.true("no CodeSigningConfigArn", not answer.get("CodeSigningConfigArn"))
