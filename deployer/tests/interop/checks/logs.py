"""CloudWatch Logs: groups, streams and events."""

import time

from suite import check, refusals

NAME = "BC logs.LogGroupName: 1 to 512 of [\\.\\-_/#A-Za-z0-9]; InvalidParameterException"


def group(at, **more):
    name = at.name("/interop/group")
    at.logs.create_log_group(logGroupName=name, **more)
    return name


def described(at, name):
    return next(found for found in at.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"] if found["logGroupName"] == name)


def stream(at):
    name = group(at)
    at.logs.create_log_stream(logGroupName=name, logStreamName="stream")
    return {"logGroupName": name, "logStreamName": "stream"}


def now():
    return int(time.time() * 1000)


refusals("logs.CreateLogGroup", NAME, "InvalidParameterException", 400, [
    ("a group name with a space", {"logGroupName": "a b"}),
    ("a group name of 513 characters", {"logGroupName": "x" * 513}),
    ("an empty group name", {"logGroupName": ""}),
])
refusals("logs.CreateLogGroup", "BC logs.CreateLogGroup: names must not start with aws/", "InvalidParameterException", 400, [
    ("a group name that begins with aws/", {"logGroupName": "aws/lambda/x"}),
])
refusals("logs.CreateLogGroup", "BC logs.LogGroupClass; InvalidParameterException", "InvalidParameterException", 400, [
    ("a group of an unknown class", lambda at: {"logGroupName": at.name("g"), "logGroupClass": "SOMETIMES"}),
])
refusals("logs.PutRetentionPolicy", "BC logs.Days: the possible values", "InvalidParameterException", 400, [
    (f"a retention of {days} days", lambda at, days=days: {"logGroupName": group(at), "retentionInDays": days}) for days in (2, 0, 15, 3654)
])
refusals("logs.PutLogEvents", "BC logs.InputLogEvents, PutLogEvents: 1 to 10,000 events", "InvalidParameterException", 400, [
    ("a batch of no events", lambda at: {**stream(at), "logEvents": []}),
    ("events out of order", lambda at: {**stream(at), "logEvents": [{"timestamp": now(), "message": "b"}, {"timestamp": now() - 5000, "message": "a"}]},
     "chronological"),
    ("an event without a message", lambda at: {**stream(at), "logEvents": [{"timestamp": now(), "message": ""}]}),
])


@check("logs.CreateLogGroup", "BC logs.ResourceAlreadyExistsException", kind="duplicate")
def a_second_group_of_the_name_is_refused(at):
    name = group(at)
    at.refuses(("ResourceAlreadyExistsException", 400), at.logs.create_log_group, logGroupName=name, message="The specified log group already exists")


@check("logs.CreateLogGroup", "BC logs.LogGroup: arn ends in :*, logGroupArn does not")
def a_group_has_two_arns(at):
    name = group(at)
    found = described(at, name)
    bare = f"arn:aws:logs:us-east-1:111122223333:log-group:{name}"
    at.equal("arn", found["arn"], f"{bare}:*")
    at.equal("logGroupArn", found.get("logGroupArn"), bare)


@check("logs.CreateLogGroup", "BC logs.LogGroup: STANDARD unless said; retentionInDays absent means never")
def a_group_is_of_the_standard_class_and_kept_for_ever_unless_said(at):
    found = described(at, group(at))
    at.equal("logGroupClass", found.get("logGroupClass"), "STANDARD")
    at.true("no retentionInDays", "retentionInDays" not in found)


@check("logs.CreateLogGroup", "BC logs.CreateLogGroup: tags; ListTagsForResource takes the ARN without :*")
def the_tags_of_a_group_are_kept(at):
    name = group(at, tags={"project": "vanity"})
    arn = described(at, name)["logGroupArn"]
    at.equal("tags", at.logs.list_tags_for_resource(resourceArn=arn)["tags"], {"project": "vanity"})


@check("logs.ListTagsForResource", "BC logs.ListTagsForResource: the ARN of a log group is the one without :* (InvalidParameterException)", kind="malformed")
def tags_are_not_listed_by_the_arn_that_ends_in_a_star(at):
    arn = described(at, group(at))["arn"]
    at.refuses((("InvalidParameterException", "ValidationException"), 400), at.logs.list_tags_for_resource, resourceArn=arn)


@check("logs.TagResource", "BC logs.TagResource: a tag of the same key is replaced, others stay")
def tags_of_a_group_are_added_and_replaced(at):
    name = group(at, tags={"a": "1", "b": "2"})
    arn = f"arn:aws:logs:us-east-1:111122223333:log-group:{name}"
    at.logs.tag_resource(resourceArn=arn, tags={"b": "3", "c": "4"})
    at.logs.untag_resource(resourceArn=arn, tagKeys=["a", "nothing"])
    at.equal("tags", at.logs.list_tags_for_resource(resourceArn=arn)["tags"], {"b": "3", "c": "4"})


@check("logs.PutRetentionPolicy", "BC logs.PutRetentionPolicy, DeleteRetentionPolicy")
def a_retention_is_put_and_taken_away(at):
    name = group(at)
    at.logs.put_retention_policy(logGroupName=name, retentionInDays=14)
    at.equal("retentionInDays", described(at, name)["retentionInDays"], 14)
    at.logs.delete_retention_policy(logGroupName=name)
    at.true("no retentionInDays", "retentionInDays" not in described(at, name))


@check("logs.PutLogGroupDeletionProtection", "BC logs.PutLogGroupDeletionProtection, DeleteLogGroup: ValidationException")
def a_protected_group_is_not_deleted(at):
    name = group(at)
    at.logs.put_log_group_deletion_protection(logGroupIdentifier=name, deletionProtectionEnabled=True)
    at.refuses(("ValidationException", 400), at.logs.delete_log_group, logGroupName=name)
    at.logs.put_log_group_deletion_protection(logGroupIdentifier=name, deletionProtectionEnabled=False)
    at.logs.delete_log_group(logGroupName=name)


@check("logs.CreateLogGroup", "BC logs.CreateLogGroup: deletionProtectionEnabled")
def a_group_can_be_protected_from_its_creation_on(at):
    name = group(at, deletionProtectionEnabled=True)
    at.refuses(("ValidationException", 400), at.logs.delete_log_group, logGroupName=name)
    at.equal("deletionProtectionEnabled", described(at, name).get("deletionProtectionEnabled"), True)


@check("logs.DeleteLogGroup", "BC logs.ResourceNotFoundException", kind="absent")
def a_deleted_group_is_gone(at):
    name = group(at)
    at.logs.delete_log_group(logGroupName=name)
    at.refuses(("ResourceNotFoundException", 400), at.logs.delete_log_group, logGroupName=name, message="The specified log group does not exist")
    at.equal("groups", at.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"], [])


@check("logs.DescribeLogGroups", "BC logs.DescribeLogGroups: in ASCII order, limit and nextToken")
def groups_come_in_order_and_pages(at):
    prefix = at.name("/paged")
    for letter in "bca":
        at.logs.create_log_group(logGroupName=f"{prefix}/{letter}")
    first = at.logs.describe_log_groups(logGroupNamePrefix=prefix, limit=2)
    at.equal("first page", [found["logGroupName"][-1] for found in first["logGroups"]], ["a", "b"])
    second = at.logs.describe_log_groups(logGroupNamePrefix=prefix, limit=2, nextToken=first["nextToken"])
    at.equal("second page", [found["logGroupName"][-1] for found in second["logGroups"]], ["c"])
    at.true("no further token", not second.get("nextToken"))


@check("logs.DescribeLogGroups", "BC logs.DescribeLimit: 1 to 50", kind="malformed")
def a_page_of_more_than_fifty_groups_is_refused(at):
    at.refuses(("InvalidParameterException", 400), at.logs.describe_log_groups, limit=51)


@check("logs.DescribeLogGroups", "BC logs.DescribeLogGroups: logGroupNamePattern and logGroupNamePrefix exclude each other", kind="malformed")
def a_prefix_and_a_pattern_exclude_each_other(at):
    at.refuses(("InvalidParameterException", 400), at.logs.describe_log_groups, logGroupNamePrefix="a", logGroupNamePattern="a")


@check("logs.CreateLogStream", "BC logs.ResourceAlreadyExistsException", kind="duplicate")
def a_second_stream_of_the_name_is_refused(at):
    where = stream(at)
    at.refuses(("ResourceAlreadyExistsException", 400), at.logs.create_log_stream, **where, message="The specified log stream already exists")


@check("logs.CreateLogStream", "BC logs.LogStreamName: [^:*]*", kind="malformed")
def a_stream_name_with_a_colon_is_refused(at):
    at.refuses(("InvalidParameterException", 400), at.logs.create_log_stream, logGroupName=group(at), logStreamName="a:b")


@check("logs.DeleteLogStream", "BC logs.ResourceNotFoundException", kind="absent")
def an_absent_stream_cannot_be_deleted(at):
    at.refuses(("ResourceNotFoundException", 400), at.logs.delete_log_stream, logGroupName=group(at), logStreamName="nothing",
               message="The specified log stream does not exist")


@check("logs.PutLogEvents", "BC logs.ResourceNotFoundException", kind="absent")
def events_for_an_absent_stream_are_refused(at):
    at.refuses(("ResourceNotFoundException", 400), at.logs.put_log_events, logGroupName=group(at), logStreamName="nothing",
               logEvents=[{"timestamp": now(), "message": "m"}])


@check("logs.PutLogEvents", "BC logs.PutLogEvents, GetLogEvents")
def events_are_read_back_in_order(at):
    where, begin = stream(at), now()
    at.logs.put_log_events(**where, logEvents=[{"timestamp": begin + n, "message": f"event {n}"} for n in range(3)])
    events = at.logs.get_log_events(**where, startFromHead=True)["events"]
    at.equal("messages", [event["message"] for event in events], ["event 0", "event 1", "event 2"])
    at.true("each has its time of arrival", all(event["ingestionTime"] >= begin - 1000 for event in events))


@check("logs.PutLogEvents", "BC logs.RejectedLogEventsInfo: events older than 14 days are rejected, the rest is taken")
def events_that_are_too_old_are_named_and_left_out(at):
    where, begin = stream(at), now()
    edge = begin - 14 * 86_400_000
    answer = at.logs.put_log_events(**where, logEvents=[
        {"timestamp": edge - 3_600_000, "message": "old"}, {"timestamp": edge + 3_600_000, "message": "new"}])
    at.equal("rejectedLogEventsInfo", answer.get("rejectedLogEventsInfo"), {"tooOldLogEventEndIndex": 1})
    at.equal("kept", [event["message"] for event in at.logs.get_log_events(**where, startFromHead=True)["events"]], ["new"])


@check("logs.PutLogEvents", "BC logs.PutLogEvents: a batch spans at most 24 hours", kind="malformed")
def a_batch_of_more_than_a_day_is_refused(at):
    where = stream(at)
    at.refuses(("InvalidParameterException", 400), at.logs.put_log_events, **where,
               logEvents=[{"timestamp": now() - 90_000_000, "message": "a"}, {"timestamp": now(), "message": "b"}])


@check("logs.GetLogEvents", "BC logs.GetLogEvents: the end of a stream returns the token that was passed in")
def the_end_of_a_stream_gives_the_same_token(at):
    where = stream(at)
    at.logs.put_log_events(**where, logEvents=[{"timestamp": now(), "message": "m"}])
    first = at.logs.get_log_events(**where, startFromHead=True)
    second = at.logs.get_log_events(**where, startFromHead=True, nextToken=first["nextForwardToken"])
    at.equal("events after the end", second["events"], [])
    at.equal("token", second["nextForwardToken"], first["nextForwardToken"])


@check("logs.FilterLogEvents", "Logs user guide, Filter pattern syntax: terms, all of which must occur")
def a_filter_finds_events_by_their_terms(at):
    where, begin = stream(at), now()
    at.logs.put_log_events(**where, logEvents=[{"timestamp": begin + n, "message": text} for n, text in enumerate(["ERROR one", "INFO two", "ERROR two"])])
    found = at.logs.filter_log_events(logGroupName=where["logGroupName"], filterPattern="ERROR two")["events"]
    at.equal("messages", [event["message"] for event in found], ["ERROR two"])
    at.equal("logStreamName", found[0]["logStreamName"], "stream")


@check("logs.DescribeLogStreams", "BC logs.DescribeLogStreams: by prefix")
def streams_are_found_by_prefix(at):
    name = group(at)
    for text in ("alpha", "beta"):
        at.logs.create_log_stream(logGroupName=name, logStreamName=text)
    found = at.logs.describe_log_streams(logGroupName=name, logStreamNamePrefix="al")["logStreams"]
    at.equal("names", [one["logStreamName"] for one in found], ["alpha"])
    at.equal("arn", found[0]["arn"], f"arn:aws:logs:us-east-1:111122223333:log-group:{name}:log-stream:alpha")


@check("logs.DeleteLogStream", "BC logs.DeleteLogStream: with all its events")
def a_deleted_stream_is_gone(at):
    where = stream(at)
    at.logs.delete_log_stream(**where)
    at.equal("streams", at.logs.describe_log_streams(logGroupName=where["logGroupName"])["logStreams"], [])
    at.refuses(("ResourceNotFoundException", 400), at.logs.get_log_events, **where)
