"""DynamoDB: items, expressions, queries, batches, transactions."""

from checks import things
from suite import check, refusals

EXPRESSIONS = "DynamoDB guide, Expressions in DynamoDB; ValidationException is not modelled"


def key(pk="a", sk="b"):
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def shared(at):
    """A table for checks that take a partition of their own, or are refused."""
    return at.kept("items", lambda: things.table(at, AttributeDefinitions=[
        {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "word")
    ], GlobalSecondaryIndexes=[{
        "IndexName": "by-word", "KeySchema": [{"AttributeName": "word", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"}}]))


def put(at, pk, sk="b", **more):
    at.dynamodb.put_item(TableName=shared(at), Item={**key(pk, sk), **more})


def fresh(at, **more):
    """An item with a partition of its own."""
    pk = at.name("partition")
    put(at, pk, **more)
    return pk


def got(at, pk, sk="b"):
    return at.dynamodb.get_item(TableName=shared(at), Key=key(pk, sk), ConsistentRead=True).get("Item")


def faulty(operation, sentence, message=None, **arguments):
    """One refusal of a call on the shared table."""
    refusals(f"dynamodb.{operation}", EXPRESSIONS, "ValidationException", 400, [
        (sentence, lambda at: {"TableName": shared(at), **arguments}, *([message] if message else []))])


faulty("PutItem", "an item without its sort key", "Missing the key sk", Item={"pk": {"S": "a"}})
faulty("PutItem", "a key of another type", "Type mismatch for key", Item={"pk": {"N": "1"}, "sk": {"S": "b"}})
faulty("PutItem", "an empty key", "empty string value", Item={"pk": {"S": ""}, "sk": {"S": "b"}})
faulty("PutItem", "a number that is none", Item={**key(), "n": {"N": "seven"}})
faulty("PutItem", "a number of 39 digits", "38 significant digits", Item={**key(), "n": {"N": "1" * 39}})
faulty("PutItem", "a number beyond 126 powers of ten", "overflow", Item={**key(), "n": {"N": "1e126"}})
faulty("PutItem", "an empty set", Item={**key(), "s": {"SS": []}})
faulty("PutItem", "a set with one value twice", "duplicates", Item={**key(), "s": {"SS": ["x", "x"]}})
faulty("PutItem", "a value of two types", Item={**key(), "v": {"S": "x", "N": "1"}})
faulty("PutItem", "a value of no type", Item={**key(), "v": {}})
faulty("PutItem", "an item of more than 400 KB", "Item size has exceeded the maximum allowed size", Item={**key(), "v": {"S": "x" * 409_600}})
faulty("PutItem", "a partition key of 2,049 bytes", Item=key(pk="x" * 2049))
faulty("PutItem", "a sort key of 1,025 bytes", Item=key(sk="x" * 1025))
faulty("PutItem", "an index key of another type", Item={**key(), "word": {"N": "1"}})
faulty("PutItem", "an item nested 33 deep", Item={**key(), "v": __import__("functools").reduce(lambda inner, _: {"L": [inner]}, range(33), {"S": "x"})})
faulty("PutItem", "a reserved word in a condition", "reserved keyword", Item=key(), ConditionExpression="attribute_not_exists(name)")
faulty("PutItem", "an undefined value in a condition", "not defined", Item=key(), ConditionExpression="a = :a")
faulty("PutItem", "an unused value", "unused", Item=key(), ConditionExpression="attribute_exists(pk)", ExpressionAttributeValues={":a": {"S": "x"}})
faulty("PutItem", "an unused name", "unused", Item=key(), ConditionExpression="attribute_exists(pk)", ExpressionAttributeNames={"#a": "x"})
faulty("PutItem", "values without an expression", Item=key(), ExpressionAttributeValues={":a": {"S": "x"}})
faulty("PutItem", "an empty condition", "can not be empty", Item=key(), ConditionExpression="")
faulty("PutItem", "a condition that cannot be parsed", "Syntax error", Item=key(), ConditionExpression="pk = = sk")
faulty("PutItem", "an unknown function in a condition", "Invalid function name", Item=key(), ConditionExpression="is_there(pk)")
faulty("PutItem", "one operand in place of two", Item=key(), ConditionExpression="begins_with(pk)")
faulty("PutItem", "an unknown type in attribute_type", Item=key(), ConditionExpression="attribute_type(pk, :t)", ExpressionAttributeValues={":t": {"S": "STRING"}})
faulty("PutItem", "between with its bounds exchanged", Item=key(), ConditionExpression="pk BETWEEN :a AND :b", ExpressionAttributeValues={":a": {"S": "z"}, ":b": {"S": "a"}})
faulty("PutItem", "updated values of a put", Item=key(), ReturnValues="UPDATED_NEW")
faulty("GetItem", "a key without its sort key", "does not match the schema", Key={"pk": {"S": "a"}})
faulty("GetItem", "a key with a third attribute", "does not match the schema", Key={**key(), "x": {"S": "c"}})
faulty("GetItem", "a key with an empty value", Key=key(sk=""))
faulty("GetItem", "a reserved word in a projection", "reserved keyword", Key=key(), ProjectionExpression="name")
faulty("GetItem", "overlapping paths in a projection", "overlap", Key=key(), ProjectionExpression="a, a.b")
faulty("UpdateItem", "an update of a key", "part of the key", Key=key(), UpdateExpression="SET pk = :a", ExpressionAttributeValues={":a": {"S": "x"}})
faulty("UpdateItem", "one path twice in an update", "overlap", Key=key(), UpdateExpression="SET a = :a, a = :a", ExpressionAttributeValues={":a": {"S": "x"}})
faulty("UpdateItem", "one clause twice", Key=key(), UpdateExpression="SET a = :a SET b = :a", ExpressionAttributeValues={":a": {"S": "x"}})
faulty("UpdateItem", "a reserved word in an update", "reserved keyword", Key=key(), UpdateExpression="SET status = :a", ExpressionAttributeValues={":a": {"S": "x"}})
faulty("UpdateItem", "the addition of a text", Key=key(), UpdateExpression="ADD a :a", ExpressionAttributeValues={":a": {"S": "x"}})
faulty("UpdateItem", "a path into an attribute that is not there", "document path", Key=key("nobody", "nothing"), UpdateExpression="SET a.b = :a", ExpressionAttributeValues={":a": {"S": "x"}})
faulty("UpdateItem", "an operand that the item does not have", Key=key("nobody", "nothing"), UpdateExpression="SET a = b + :a", ExpressionAttributeValues={":a": {"N": "1"}})
faulty("UpdateItem", "an empty update", Key=key(), UpdateExpression="")
faulty("DeleteItem", "a deletion whose key is of another type", Key={"pk": {"S": "a"}, "sk": {"N": "1"}})
faulty("DeleteItem", "new values of a deletion", Key=key(), ReturnValues="ALL_NEW")
faulty("Query", "a query without a partition", KeyConditionExpression="sk = :a", ExpressionAttributeValues={":a": {"S": "x"}})
faulty("Query", "a query without a condition")
faulty("Query", "a partition that is not equal to something", KeyConditionExpression="pk > :a", ExpressionAttributeValues={":a": {"S": "x"}})
faulty("Query", "two conditions on the sort key", KeyConditionExpression="pk = :a AND sk > :a AND sk < :b", ExpressionAttributeValues={":a": {"S": "x"}, ":b": {"S": "y"}})
faulty("Query", "another attribute in the key condition", KeyConditionExpression="pk = :a AND word = :a", ExpressionAttributeValues={":a": {"S": "x"}})
faulty("Query", "or in a key condition", KeyConditionExpression="pk = :a OR sk = :a", ExpressionAttributeValues={":a": {"S": "x"}})
faulty("Query", "a filter on the key", "primary key", KeyConditionExpression="pk = :a", FilterExpression="sk = :a", ExpressionAttributeValues={":a": {"S": "x"}})
faulty("Query", "a query of an absent index", "index", IndexName="nothing", KeyConditionExpression="pk = :a", ExpressionAttributeValues={":a": {"S": "x"}})
faulty("Query", "a consistent read of a global index", "Consistent reads are not supported", IndexName="by-word", ConsistentRead=True, KeyConditionExpression="word = :a", ExpressionAttributeValues={":a": {"S": "x"}})
faulty("Query", "a page of no items", KeyConditionExpression="pk = :a", Limit=0, ExpressionAttributeValues={":a": {"S": "x"}})
faulty("Query", "a start that is not a key", KeyConditionExpression="pk = :a", ExclusiveStartKey={"pk": {"S": "x"}}, ExpressionAttributeValues={":a": {"S": "x"}})
faulty("Query", "a start in another partition", KeyConditionExpression="pk = :a", ExclusiveStartKey=key("other"), ExpressionAttributeValues={":a": {"S": "x"}})
faulty("Scan", "a segment without their number", Segment=0)
faulty("Scan", "a segment beyond their number", Segment=2, TotalSegments=2)
faulty("Scan", "a filter with an undefined name", FilterExpression="#a = :a", ExpressionAttributeValues={":a": {"S": "x"}})

refusals("dynamodb.BatchWriteItem", "BC dynamodb.BatchWriteItem: at most 25, no item twice", "ValidationException", 400, [
    ("a batch of 26 writes", lambda at: {"RequestItems": {shared(at): [{"PutRequest": {"Item": key(str(n))}} for n in range(26)]}}),
    ("an empty batch", {"RequestItems": {}}),
    ("a batch whose key is of another type", lambda at: {"RequestItems": {shared(at): [{"DeleteRequest": {"Key": {"pk": {"N": "1"}, "sk": {"S": "b"}}}}]}}),
])
refusals("dynamodb.BatchWriteItem", "BC dynamodb.BatchWriteItem: no item twice", "ValidationException", 400, [
    ("one item twice in a batch", lambda at: {"RequestItems": {shared(at): [{"PutRequest": {"Item": key()}}, {"DeleteRequest": {"Key": key()}}]}}, "duplicates"),
], kind="duplicate")
refusals("dynamodb.BatchGetItem", "BC dynamodb.BatchGetItem: no key twice", "ValidationException", 400, [
    ("one key twice in a batch", lambda at: {"RequestItems": {shared(at): {"Keys": [key(), key()]}}}, "duplicates"),
], kind="duplicate")
refusals("dynamodb.BatchGetItem", "BC dynamodb.BatchGetItem: at most 100 keys", "ValidationException", 400, [
    ("a batch of 101 keys", lambda at: {"RequestItems": {shared(at): {"Keys": [key(str(n)) for n in range(101)]}}}),
])
refusals("dynamodb.TransactWriteItems", "BC dynamodb.TransactWriteItems: no item twice, at most 100", "ValidationException", 400, [
    ("one item twice in a transaction", lambda at: {"TransactItems": [{"Put": {"TableName": shared(at), "Item": key()}}, {"Delete": {"TableName": shared(at), "Key": key()}}]},
     "multiple operations on one item"),
], kind="duplicate")
refusals("dynamodb.TransactWriteItems", "BC dynamodb.TransactItems: 1 to 100 actions, each one of four", "ValidationException", 400, [
    ("a transaction of nothing", {"TransactItems": []}),
    ("a transaction of 101 actions", lambda at: {"TransactItems": [{"Put": {"TableName": shared(at), "Item": key(str(n))}} for n in range(101)]}),
    ("an action of two kinds", lambda at: {"TransactItems": [{"Put": {"TableName": shared(at), "Item": key()}, "Delete": {"TableName": shared(at), "Key": key()}}]}),
    ("a check without a condition", lambda at: {"TransactItems": [{"ConditionCheck": {"TableName": shared(at), "Key": key()}}]}),
])


@check("dynamodb.PutItem", "DynamoDB guide, Data types")
def every_type_of_value_comes_back_as_it_went(at):
    values = {
        "s": {"S": "ä"}, "n": {"N": "-1.5"}, "b": {"B": b"\x00\xff"}, "t": {"BOOL": True}, "z": {"NULL": True}, "l": {"L": [{"S": ""}, {"N": "1"}]},
        "m": {"M": {"x": {"M": {}}}}, "ss": {"SS": ["a"]}, "ns": {"NS": ["1"]}, "bs": {"BS": [b"x"]},
    }
    pk = fresh(at, **values)
    at.equal("item", got(at, pk), {**key(pk), **values})


@check("dynamodb.PutItem", "DynamoDB guide, Numbers: leading and trailing zeroes are trimmed")
def numbers_are_stored_without_superfluous_zeroes(at):
    pk = fresh(at, n={"N": "007.500"}, m={"N": "1E2"})
    item = got(at, pk)
    at.equal("numbers", (item["n"]["N"], item["m"]["N"]), ("7.5", "100"))


@check("dynamodb.PutItem", "BC dynamodb.ConditionalCheckFailedException; ReturnValuesOnConditionCheckFailure")
def a_failed_condition_changes_nothing_and_shows_the_item_if_asked(at):
    pk = fresh(at, v={"S": "old"})
    answer = at.refuses(("ConditionalCheckFailedException", 400), at.dynamodb.put_item, TableName=shared(at), Item={**key(pk), "v": {"S": "new"}},
                        ConditionExpression="attribute_not_exists(pk)", ReturnValuesOnConditionCheckFailure="ALL_OLD", message="The conditional request failed")
    at.equal("the shown item", answer.get("Item"), {**key(pk), "v": {"S": "old"}})
    at.equal("the stored item", got(at, pk)["v"], {"S": "old"})


@check("dynamodb.PutItem", "BC dynamodb.PutItemInput: ReturnValues ALL_OLD")
def a_put_shows_what_was_there(at):
    pk = fresh(at, v={"S": "old"})
    answer = at.dynamodb.put_item(TableName=shared(at), Item=key(pk), ReturnValues="ALL_OLD")
    at.equal("Attributes", answer.get("Attributes"), {**key(pk), "v": {"S": "old"}})
    at.true("v is gone", "v" not in got(at, pk))


@check("dynamodb.GetItem", "BC dynamodb.GetItemOutput: no Item member if there is none")
def an_absent_item_is_no_error(at):
    at.true("no Item", "Item" not in at.dynamodb.get_item(TableName=shared(at), Key=key("nobody", "nothing")))


@check("dynamodb.GetItem", "DynamoDB guide, Projection expressions: nested attributes keep their place")
def a_projection_gives_the_named_parts(at):
    pk = fresh(at, m={"M": {"x": {"S": "1"}, "y": {"S": "2"}}}, l={"L": [{"S": "a"}, {"S": "b"}]})
    item = at.dynamodb.get_item(TableName=shared(at), Key=key(pk), ProjectionExpression="m.x, l[1], nothing")["Item"]
    at.equal("item", item, {"m": {"M": {"x": {"S": "1"}}}, "l": {"L": [{"S": "b"}]}})


@check("dynamodb.UpdateItem", "DynamoDB guide, Update expressions")
def an_update_sets_adds_and_removes(at):
    pk = fresh(at, n={"N": "1"}, gone={"S": "x"}, tags={"SS": ["a", "b"]}, l={"L": [{"S": "1"}]})
    answer = at.dynamodb.update_item(
        TableName=shared(at), Key=key(pk), ReturnValues="ALL_NEW",
        UpdateExpression="SET d = if_not_exists(d, :d), l = list_append(l, :l) ADD n :one REMOVE gone DELETE tags :t",
        ExpressionAttributeValues={":d": {"S": "default"}, ":l": {"L": [{"S": "2"}]}, ":one": {"N": "1"}, ":t": {"SS": ["a"]}},
    )
    at.equal("item", answer["Attributes"], {**key(pk), "d": {"S": "default"}, "l": {"L": [{"S": "1"}, {"S": "2"}]}, "n": {"N": "2"}, "tags": {"SS": ["b"]}})


@check("dynamodb.UpdateItem", "DynamoDB guide, Update expressions: actions see the item as it was before")
def an_update_reads_the_item_as_it_was(at):
    pk = fresh(at, a={"N": "1"}, b={"N": "2"})
    at.dynamodb.update_item(TableName=shared(at), Key=key(pk), UpdateExpression="SET a = b, b = a")
    item = got(at, pk)
    at.equal("values", (item["a"]["N"], item["b"]["N"]), ("2", "1"))


@check("dynamodb.UpdateItem", "BC dynamodb.UpdateItem: an item that is not there is made")
def an_update_makes_an_item(at):
    pk = at.name("partition")
    at.dynamodb.update_item(TableName=shared(at), Key=key(pk), UpdateExpression="SET v = :v", ExpressionAttributeValues={":v": {"S": "x"}})
    at.equal("item", got(at, pk), {**key(pk), "v": {"S": "x"}})


@check("dynamodb.UpdateItem", "BC dynamodb.ReturnValue: UPDATED_NEW shows what was updated and no more")
def an_update_shows_the_updated_values(at):
    pk = fresh(at, v={"S": "old"}, w={"S": "same"})
    answer = at.dynamodb.update_item(TableName=shared(at), Key=key(pk), UpdateExpression="SET v = :v", ExpressionAttributeValues={":v": {"S": "new"}}, ReturnValues="UPDATED_NEW")
    at.equal("Attributes", answer["Attributes"], {"v": {"S": "new"}})


@check("dynamodb.DeleteItem", "BC dynamodb.DeleteItem: idempotent; ReturnValues ALL_OLD")
def a_deletion_shows_what_was_there_and_a_second_is_no_error(at):
    pk = fresh(at, v={"S": "x"})
    at.equal("Attributes", at.dynamodb.delete_item(TableName=shared(at), Key=key(pk), ReturnValues="ALL_OLD")["Attributes"], {**key(pk), "v": {"S": "x"}})
    at.true("no Attributes", "Attributes" not in at.dynamodb.delete_item(TableName=shared(at), Key=key(pk), ReturnValues="ALL_OLD"))


@check("dynamodb.Query", "BC dynamodb.Query: sorted by the sort key, Limit, LastEvaluatedKey, ScanIndexForward")
def a_partition_is_walked_in_order_and_pages(at):
    pk = at.name("partition")
    for n in (3, 1, 2):
        put(at, pk, str(n))
    ask = {"TableName": shared(at), "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": pk}}}
    first = at.dynamodb.query(**ask, Limit=2)
    at.equal("first page", [item["sk"]["S"] for item in first["Items"]], ["1", "2"])
    at.equal("LastEvaluatedKey", first["LastEvaluatedKey"], key(pk, "2"))
    second = at.dynamodb.query(**ask, ExclusiveStartKey=first["LastEvaluatedKey"])
    at.equal("second page", [item["sk"]["S"] for item in second["Items"]], ["3"])
    at.true("no further key", "LastEvaluatedKey" not in second)
    back = at.dynamodb.query(**ask, ScanIndexForward=False)
    at.equal("backwards", [item["sk"]["S"] for item in back["Items"]], ["3", "2", "1"])


@check("dynamodb.Query", "BC dynamodb.QueryOutput: Count after, ScannedCount before the filter; Limit counts before it")
def a_filter_counts_after_and_the_limit_before(at):
    pk = at.name("partition")
    for n in range(4):
        put(at, pk, str(n), v={"N": str(n % 2)})
    page = at.dynamodb.query(TableName=shared(at), KeyConditionExpression="pk = :p", FilterExpression="v = :one", Limit=3,
                             ExpressionAttributeValues={":p": {"S": pk}, ":one": {"N": "1"}})
    at.equal("counts", (page["Count"], page["ScannedCount"]), (1, 3))
    at.true("there is more", "LastEvaluatedKey" in page)


@check("dynamodb.Query", "BC dynamodb.Select: COUNT gives no items")
def a_count_gives_no_items(at):
    pk = fresh(at)
    page = at.dynamodb.query(TableName=shared(at), KeyConditionExpression="pk = :p", Select="COUNT", ExpressionAttributeValues={":p": {"S": pk}})
    at.equal("Count", page["Count"], 1)
    at.true("no Items", "Items" not in page)


@check("dynamodb.Query", "DynamoDB guide, Global secondary indexes: sparse; KEYS_ONLY holds the keys of table and index")
def an_index_holds_the_items_that_have_its_key_with_the_projected_attributes(at):
    word = at.name("word")
    pk = fresh(at, word={"S": word}, v={"S": "x"})
    fresh(at)
    page = at.dynamodb.query(TableName=shared(at), IndexName="by-word", KeyConditionExpression="word = :w", ExpressionAttributeValues={":w": {"S": word}})
    at.equal("items", page["Items"], [{**key(pk), "word": {"S": word}}])


@check("dynamodb.Query", "DynamoDB guide, Key condition expressions: begins_with and BETWEEN on the sort key")
def a_query_can_ask_for_a_part_of_the_sort_keys(at):
    pk = at.name("partition")
    for sk in ("a1", "a2", "b1"):
        put(at, pk, sk)
    ask = lambda expression, **values: [item["sk"]["S"] for item in at.dynamodb.query(
        TableName=shared(at), KeyConditionExpression=f"pk = :p AND {expression}",
        ExpressionAttributeValues={":p": {"S": pk}, **{f":{name}": {"S": value} for name, value in values.items()}})["Items"]]
    at.equal("begins_with", ask("begins_with(sk, :a)", a="a"), ["a1", "a2"])
    at.equal("BETWEEN", ask("sk BETWEEN :a AND :b", a="a2", b="b1"), ["a2", "b1"])


@check("dynamodb.Scan", "DynamoDB guide, Parallel scan: every item is in exactly one segment")
def segments_hold_each_item_once(at):
    name = things.table(at)
    for n in range(12):
        at.dynamodb.put_item(TableName=name, Item=key(str(n)))
    found = [item["pk"]["S"] for segment in range(3) for item in at.dynamodb.scan(TableName=name, Segment=segment, TotalSegments=3)["Items"]]
    at.equal("items", sorted(found), sorted(str(n) for n in range(12)))


@check("dynamodb.BatchWriteItem", "BC dynamodb.BatchWriteItem, BatchGetItem")
def a_batch_is_written_and_read_back(at):
    pks = [at.name("partition") for _ in range(3)]
    answer = at.dynamodb.batch_write_item(RequestItems={shared(at): [{"PutRequest": {"Item": key(pk)}} for pk in pks]})
    at.equal("UnprocessedItems", answer["UnprocessedItems"], {})
    found = at.dynamodb.batch_get_item(RequestItems={shared(at): {"Keys": [key(pk) for pk in [*pks, "nobody"]]}})
    at.equal("found", sorted(item["pk"]["S"] for item in found["Responses"][shared(at)]), sorted(pks))


@check("dynamodb.TransactWriteItems", "BC dynamodb.TransactionCanceledException, CancellationReasons")
def a_transaction_does_all_or_nothing_and_says_which_part_failed(at):
    pk, other = fresh(at), at.name("partition")
    answer = at.refuses(("TransactionCanceledException", 400), at.dynamodb.transact_write_items, TransactItems=[
        {"Put": {"TableName": shared(at), "Item": key(other)}},
        {"ConditionCheck": {"TableName": shared(at), "Key": key(pk), "ConditionExpression": "attribute_not_exists(pk)"}},
    ], message="[None, ConditionalCheckFailed]")
    at.equal("reasons", [reason["Code"] for reason in answer["CancellationReasons"]], ["None", "ConditionalCheckFailed"])
    at.true("nothing was put", got(at, other) is None)


@check("dynamodb.TransactWriteItems", "BC dynamodb.IdempotentParameterMismatchException: the same token with other parameters")
def a_token_belongs_to_one_transaction(at):
    one = [{"Put": {"TableName": shared(at), "Item": key(at.name("partition"))}}]
    token = at.name("token")
    at.dynamodb.transact_write_items(TransactItems=one, ClientRequestToken=token)
    at.dynamodb.transact_write_items(TransactItems=one, ClientRequestToken=token)
    at.refuses(("IdempotentParameterMismatchException", 400), at.dynamodb.transact_write_items, ClientRequestToken=token,
               TransactItems=[{"Put": {"TableName": shared(at), "Item": key(at.name("partition"))}}])


@check("dynamodb.TransactWriteItems", "BC dynamodb.TransactWriteItems: all conditions are met by the state before")
def a_transaction_updates_and_deletes(at):
    first, second = fresh(at, n={"N": "1"}), fresh(at)
    at.dynamodb.transact_write_items(TransactItems=[
        {"Update": {"TableName": shared(at), "Key": key(first), "UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "2"}}}},
        {"Delete": {"TableName": shared(at), "Key": key(second)}},
    ])
    at.equal("n", got(at, first)["n"], {"N": "3"})
    at.true("the other is gone", got(at, second) is None)


@check("dynamodb.TransactGetItems", "BC dynamodb.ItemResponse: an item that is not there is an empty response")
def a_transaction_reads_in_the_order_asked(at):
    pk = fresh(at)
    answers = at.dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": shared(at), "Key": key(pk=name)}} for name in (pk, "nobody")])["Responses"]
    at.equal("responses", answers, [{"Item": key(pk)}, {}])


for operation, arguments in {
    "PutItem": {"Item": key()}, "GetItem": {"Key": key()}, "DeleteItem": {"Key": key()},
    "UpdateItem": {"Key": key(), "UpdateExpression": "REMOVE a"}, "Scan": {},
    "Query": {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}},
}.items():
    refusals(f"dynamodb.{operation}", "BC dynamodb.ResourceNotFoundException", "ResourceNotFoundException", 400, [
        ("an absent table", {"TableName": "nothing-there", **arguments}, "Requested resource not found")], kind="absent")
for operation, arguments in {
    "BatchGetItem": {"RequestItems": {"nothing-there": {"Keys": [key()]}}},
    "BatchWriteItem": {"RequestItems": {"nothing-there": [{"PutRequest": {"Item": key()}}]}},
    "TransactGetItems": {"TransactItems": [{"Get": {"TableName": "nothing-there", "Key": key()}}]},
    "TransactWriteItems": {"TransactItems": [{"Put": {"TableName": "nothing-there", "Item": key()}}]},
}.items():
    refusals(f"dynamodb.{operation}", "BC dynamodb.ResourceNotFoundException", "ResourceNotFoundException", 400, [("an absent table", arguments)], kind="absent")
