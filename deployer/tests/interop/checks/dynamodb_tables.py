"""DynamoDB: tables, indexes, settings and tags."""

from checks import things
from suite import check, refusals

KEY = [{"AttributeName": "pk", "KeyType": "HASH"}]
ATTRIBUTES = [{"AttributeName": "pk", "AttributeType": "S"}]
CREATE = "BC dynamodb.CreateTable, CreateTableInput; ValidationException is not modelled"
INDEX = {"IndexName": "by-sk", "KeySchema": [{"AttributeName": "sk", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}


def faulty(**changed):
    wanted = {"TableName": "faulty-table", "BillingMode": "PAY_PER_REQUEST", "KeySchema": KEY, "AttributeDefinitions": ATTRIBUTES, **changed}
    return {member: value for member, value in wanted.items() if value is not None}


def described(at, name):
    return at.dynamodb.describe_table(TableName=name)["Table"]


def arn(name):
    return f"arn:aws:dynamodb:us-east-1:111122223333:table/{name}"


refusals("dynamodb.CreateTable", CREATE, "ValidationException", 400, [
    ("a table name of two characters", faulty(TableName="ab")),
    ("a table name with a space", faulty(TableName="a table")),
    ("a table name of 256 characters", faulty(TableName="x" * 256)),
    ("a table without a key", faulty(KeySchema=[])),
    ("a table with a sort key alone", faulty(KeySchema=[{"AttributeName": "pk", "KeyType": "RANGE"}])),
    ("a table with two partition keys", faulty(KeySchema=KEY + [{"AttributeName": "sk", "KeyType": "HASH"}],
                                              AttributeDefinitions=ATTRIBUTES + [{"AttributeName": "sk", "AttributeType": "S"}])),
    ("a table whose keys have one name", faulty(KeySchema=KEY + [{"AttributeName": "pk", "KeyType": "RANGE"}])),
    ("a key that is not defined", faulty(KeySchema=[{"AttributeName": "other", "KeyType": "HASH"}])),
    ("a definition that no key uses", faulty(AttributeDefinitions=ATTRIBUTES + [{"AttributeName": "unused", "AttributeType": "S"}])),
    ("a key of an unknown type", faulty(AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "BOOL"}])),
    ("an unknown billing mode", faulty(BillingMode="FREE")),
    ("throughput on a table that pays per request", faulty(ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})),
    ("a provisioned table without throughput", faulty(BillingMode=None)),
    ("an empty list of indexes", faulty(GlobalSecondaryIndexes=[])),
    ("an index whose key is not defined", faulty(GlobalSecondaryIndexes=[INDEX])),
    ("an index without a projection", faulty(AttributeDefinitions=ATTRIBUTES + [{"AttributeName": "sk", "AttributeType": "S"}],
                                            GlobalSecondaryIndexes=[{**INDEX, "Projection": {}}])),
    ("an index that includes nothing", faulty(AttributeDefinitions=ATTRIBUTES + [{"AttributeName": "sk", "AttributeType": "S"}],
                                             GlobalSecondaryIndexes=[{**INDEX, "Projection": {"ProjectionType": "INCLUDE"}}])),
    ("two indexes of one name", faulty(AttributeDefinitions=ATTRIBUTES + [{"AttributeName": "sk", "AttributeType": "S"}],
                                      GlobalSecondaryIndexes=[INDEX, INDEX])),
    ("an unknown table class", faulty(TableClass="CHEAP")),
])


@check("dynamodb.CreateTable", "BC dynamodb.ResourceInUseException", kind="duplicate")
def a_second_table_of_the_name_is_refused(at):
    name = things.table(at)
    at.refuses(("ResourceInUseException", 400), at.dynamodb.create_table, **faulty(TableName=name), message="Table already exists")


@check("dynamodb.CreateTable", "BC dynamodb.TableStatus: CREATING at first", realistic=True)
def a_table_is_made_slowly(at):
    made = at.dynamodb.create_table(**faulty(TableName=at.name("table")))["TableDescription"]
    at.equal("TableStatus", made["TableStatus"], "CREATING")
    at.equal("status a moment later", described(at, made["TableName"])["TableStatus"], "CREATING")


@check("dynamodb.PutItem", "BC dynamodb.ResourceNotFoundException: the table's status might not be ACTIVE", realistic=True)
def a_table_that_is_being_made_takes_no_item(at):
    name = things.table(at, active=False)
    at.refuses(("ResourceNotFoundException", 400), at.dynamodb.put_item, TableName=name, Item={"pk": {"S": "a"}, "sk": {"S": "b"}})


@check("dynamodb.DeleteTable", "BC dynamodb.DeleteTable: a table that is being created cannot be deleted (ResourceInUseException)", realistic=True)
def a_table_that_is_being_made_cannot_be_deleted(at):
    name = things.table(at, active=False)
    at.refuses(("ResourceInUseException", 400), at.dynamodb.delete_table, TableName=name)


@check("dynamodb.DeleteTable", "BC dynamodb.DeleteTable: DELETING until it is gone", realistic=True)
def a_table_goes_slowly(at):
    name = things.table(at)
    gone = at.dynamodb.delete_table(TableName=name)["TableDescription"]
    at.equal("TableStatus", gone["TableStatus"], "DELETING")
    at.refuses(("ResourceInUseException", 400), at.dynamodb.create_table, **faulty(TableName=name))


@check("dynamodb.DeleteTable", "BC dynamodb.ResourceNotFoundException", kind="absent")
def an_absent_table_cannot_be_deleted(at):
    at.refuses(("ResourceNotFoundException", 400), at.dynamodb.delete_table, TableName="nothing-there", message="Requested resource not found: Table: nothing-there not found")


@check("dynamodb.DeleteTable", "DynamoDB guide, Using deletion protection; the code is seen as ValidationException, others assume ResourceInUseException")
def a_protected_table_is_not_deleted_until_the_protection_is_lifted(at):
    name = things.table(at, DeletionProtectionEnabled=True)
    at.refuses((("ValidationException", "ResourceInUseException"), 400), at.dynamodb.delete_table, TableName=name, message="deletion")
    at.dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    things.table_active(at, name)
    at.dynamodb.delete_table(TableName=name)


@check("dynamodb.DescribeTable", "BC dynamodb.TableDescription")
def a_table_describes_itself(at):
    name = things.table(at)
    table = described(at, name)
    at.equal("TableArn", table["TableArn"], arn(name))
    at.equal("KeySchema", table["KeySchema"], KEY + [{"AttributeName": "sk", "KeyType": "RANGE"}])
    at.equal("ItemCount", table["ItemCount"], 0)
    at.equal("TableSizeBytes", table["TableSizeBytes"], 0)
    at.equal("BillingMode", table["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST")
    at.equal("DeletionProtectionEnabled", table["DeletionProtectionEnabled"], False)


@check("dynamodb.DescribeTable", "BC dynamodb.TableDescription: TableId is a UUID; throughput is zero on demand")
def a_table_on_demand_has_an_id_and_no_throughput(at):
    table = described(at, things.table(at))
    at.equal("length of TableId", len(table["TableId"]), 36)
    throughput = table["ProvisionedThroughput"]
    at.equal("capacity", (throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]), (0, 0))


@check("dynamodb.DescribeTable", "BC dynamodb.TableArn: operations take a table's ARN for its name")
def a_table_is_found_by_its_arn(at):
    name = things.table(at)
    at.equal("TableName", described(at, arn(name))["TableName"], name)


@check("dynamodb.DescribeTable", "BC dynamodb.ResourceNotFoundException", kind="absent")
def an_absent_table_cannot_be_described(at):
    at.refuses(("ResourceNotFoundException", 400), at.dynamodb.describe_table, TableName="nothing-there", message="Requested resource not found: Table: nothing-there not found")


@check("dynamodb.CreateTable", "BC dynamodb.SSEDescription: absent with the key that AWS owns; KMS when enabled")
def encryption_is_described_only_when_it_is_asked_for(at):
    plain = described(at, things.table(at))
    at.true("no SSEDescription on a table without one", "SSEDescription" not in plain)
    kms = described(at, things.table(at, SSESpecification={"Enabled": True}))["SSEDescription"]
    at.equal("SSEDescription", (kms["Status"], kms["SSEType"]), ("ENABLED", "KMS"))


@check("dynamodb.CreateTable", "BC dynamodb.CreateTableInput: Tags")
def the_tags_of_a_table_are_kept(at):
    name = things.table(at, Tags=[{"Key": "project", "Value": "vanity"}])
    at.equal("Tags", at.dynamodb.list_tags_of_resource(ResourceArn=arn(name))["Tags"], [{"Key": "project", "Value": "vanity"}])


@check("dynamodb.TagResource", "BC dynamodb.TagResource, UntagResource")
def tags_of_a_table_are_added_replaced_and_removed(at):
    name = things.table(at, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    at.dynamodb.tag_resource(ResourceArn=arn(name), Tags=[{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}])
    at.dynamodb.untag_resource(ResourceArn=arn(name), TagKeys=["a", "nothing"])
    tags = {tag["Key"]: tag["Value"] for tag in at.dynamodb.list_tags_of_resource(ResourceArn=arn(name))["Tags"]}
    at.equal("tags", tags, {"b": "3", "c": "4"})


refusals("dynamodb.TagResource", "DynamoDB guide, Tagging restrictions: aws: is reserved; BC dynamodb.TagKeyString: 1 to 128", "ValidationException", 400, [
    ("a reserved tag key of a table", lambda at: {"ResourceArn": arn(things.table(at)), "Tags": [{"Key": "aws:x", "Value": "1"}]}),
    ("a tag key of 129 characters on a table", lambda at: {"ResourceArn": arn(things.table(at)), "Tags": [{"Key": "k" * 129, "Value": "1"}]}),
])
refusals("dynamodb.TagResource", "BC dynamodb.ResourceNotFoundException", "ResourceNotFoundException", 400, [
    ("tagging an absent table", {"ResourceArn": arn("nothing-there"), "Tags": [{"Key": "a", "Value": "1"}]}),
], kind="absent")


@check("dynamodb.UpdateTable", "BC dynamodb.GlobalSecondaryIndexUpdate, IndexStatus", realistic=True)
def an_index_is_made_slowly_and_keeps_its_table_busy(at):
    name = things.table(at)
    more = [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}]
    made = at.dynamodb.update_table(TableName=name, AttributeDefinitions=more, GlobalSecondaryIndexUpdates=[{"Create": INDEX}])
    at.equal("TableStatus", made["TableDescription"]["TableStatus"], "UPDATING")
    at.equal("IndexStatus", described(at, name)["GlobalSecondaryIndexes"][0]["IndexStatus"], "CREATING")
    at.refuses(("ResourceInUseException", 400), at.dynamodb.update_table, TableName=name, DeletionProtectionEnabled=True)


@check("dynamodb.UpdateTable", "BC dynamodb.UpdateTable: an index of the name exists", kind="duplicate")
def a_second_index_of_the_name_is_refused(at):
    name = things.table(at, GlobalSecondaryIndexes=[INDEX])
    at.refuses(("ValidationException", 400), at.dynamodb.update_table, TableName=name, GlobalSecondaryIndexUpdates=[{"Create": INDEX}],
               AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}])


refusals("dynamodb.UpdateTable", "BC dynamodb.UpdateTable: one change of the indexes a call; something must change", ("ValidationException", "LimitExceededException"), 400, [
    ("an update of nothing", lambda at: {"TableName": things.table(at)}),
    ("two index creations in one call", lambda at: {
        "TableName": things.table(at), "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}],
        "GlobalSecondaryIndexUpdates": [{"Create": INDEX}, {"Create": {**INDEX, "IndexName": "another"}}]}),
])
refusals("dynamodb.UpdateTable", "BC dynamodb.DeleteGlobalSecondaryIndexAction, ResourceNotFoundException", ("ResourceNotFoundException", "ValidationException"), 400, [
    ("the deletion of an absent index", lambda at: {"TableName": things.table(at), "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "nothing"}}]}),
], kind="absent")
refusals("dynamodb.UpdateTable", "BC dynamodb.ResourceNotFoundException", "ResourceNotFoundException", 400, [
    ("an update of an absent table", {"TableName": "nothing-there", "DeletionProtectionEnabled": True}),
], kind="absent")


@check("dynamodb.UpdateTimeToLive", "BC dynamodb.UpdateTimeToLive, TimeToLiveDescription")
def time_to_live_is_switched_on(at):
    name = things.table(at)
    at.equal("status at first", at.dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"], "DISABLED")
    wanted = {"Enabled": True, "AttributeName": "expires"}
    at.equal("answer", at.dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=wanted)["TimeToLiveSpecification"], wanted)
    described = at.dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    at.true(f"{described} is on its way", described["TimeToLiveStatus"] in ("ENABLING", "ENABLED") and described["AttributeName"] == "expires")


@check("dynamodb.UpdateTimeToLive", "BC dynamodb.UpdateTimeToLive: an error where it is so already, or again within the hour", kind="duplicate")
def time_to_live_is_not_switched_on_twice(at):
    name = things.table(at)
    wanted = {"Enabled": True, "AttributeName": "expires"}
    at.dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=wanted)
    at.refuses(("ValidationException", 400), at.dynamodb.update_time_to_live, TableName=name, TimeToLiveSpecification=wanted)


@check("dynamodb.UpdateTimeToLive", "terraform-provider-aws#10304: TimeToLive is already disabled", kind="malformed")
def time_to_live_that_is_off_cannot_be_switched_off(at):
    name = things.table(at)
    at.refuses(("ValidationException", 400), at.dynamodb.update_time_to_live, TableName=name,
               TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires"}, message="already disabled")


@check("dynamodb.UpdateContinuousBackups", "BC dynamodb.PointInTimeRecoveryDescription: 35 days unless said")
def point_in_time_recovery_is_switched_on(at):
    name = things.table(at)

    def switched():
        try:
            at.dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
        except at.dynamodb.exceptions.ContinuousBackupsUnavailableException:
            return False
        return True

    at.until("backups are available", switched)
    recovery = lambda: at.dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    at.until("recovery is enabled", lambda: recovery()["PointInTimeRecoveryStatus"] == "ENABLED")
    at.equal("RecoveryPeriodInDays", recovery().get("RecoveryPeriodInDays"), 35)


@check("dynamodb.DescribeContinuousBackups", "BC dynamodb.TableNotFoundException", kind="absent")
def backups_of_an_absent_table_are_not_described(at):
    at.refuses(("TableNotFoundException", 400), at.dynamodb.describe_continuous_backups, TableName="nothing-there")


@check("dynamodb.UpdateContinuousBackups", "BC dynamodb.TableNotFoundException", kind="absent")
def backups_of_an_absent_table_are_not_switched(at):
    at.refuses(("TableNotFoundException", 400), at.dynamodb.update_continuous_backups, TableName="nothing-there",
               PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})


@check("dynamodb.ListTables", "BC dynamodb.ListTables: Limit, LastEvaluatedTableName")
def tables_come_in_pages(at):
    wanted = sorted(things.table(at, active=False) for _ in range(2))
    first = at.dynamodb.list_tables(Limit=1)
    at.equal("size of the page", len(first["TableNames"]), 1)
    names, token = first["TableNames"], first["LastEvaluatedTableName"]
    while token:
        page = at.dynamodb.list_tables(Limit=100, ExclusiveStartTableName=token)
        names, token = names + page["TableNames"], page.get("LastEvaluatedTableName")
    at.true("each is in them once", all(names.count(name) == 1 for name in wanted))


@check("dynamodb.ListTables", "BC dynamodb.ListTablesInputLimit: 1 to 100", kind="malformed")
def a_page_of_101_tables_is_refused(at):
    at.refuses(("ValidationException", 400), at.dynamodb.list_tables, Limit=101)
