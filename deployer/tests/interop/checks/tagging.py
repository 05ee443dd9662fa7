"""Resource Groups Tagging: everything in a Region by its tags."""

from checks import things
from suite import check, refusals

INVALID = ("InvalidParameterException", 400)


def tagged(at, count=1):
    """Log groups with a tag of their own: its key, and their ARNs."""
    key, arns = at.name("key"), []
    for n in range(count):
        name = at.name("/tagged")
        at.logs.create_log_group(logGroupName=name, tags={key: f"value-{n}"})
        arns.append(f"arn:aws:logs:us-east-1:111122223333:log-group:{name}")
    return key, arns


def found(at, **wanted):
    return [one["ResourceARN"] for page in at.tagging.get_paginator("get_resources").paginate(**wanted) for one in page["ResourceTagMappingList"]]


@check("resourcegroupstaggingapi.GetResources", "BC resourcegroupstaggingapi.GetResources: TagFilters, ResourceTypeFilters")
def resources_are_found_by_tag_and_type(at):
    key, arns = tagged(at, 2)
    at.until("both are found by the key", lambda: sorted(found(at, TagFilters=[{"Key": key}])) == sorted(arns))
    at.equal("by a value", found(at, TagFilters=[{"Key": key, "Values": ["value-1", "value-7"]}]), arns[1:])
    at.equal("by type", sorted(found(at, TagFilters=[{"Key": key}], ResourceTypeFilters=["logs:log-group"])), sorted(arns))
    at.equal("by another type", found(at, TagFilters=[{"Key": key}], ResourceTypeFilters=["dynamodb:table"]), [])


@check("resourcegroupstaggingapi.GetResources", "BC resourcegroupstaggingapi.GetResources: ResourcesPerPage, PaginationToken; an empty token ends the list")
def resources_come_in_pages(at):
    key, arns = tagged(at, 3)
    at.until("all are found", lambda: len(found(at, TagFilters=[{"Key": key}])) == 3)
    first = at.tagging.get_resources(TagFilters=[{"Key": key}], ResourcesPerPage=2)
    second = at.tagging.get_resources(TagFilters=[{"Key": key}], ResourcesPerPage=2, PaginationToken=first["PaginationToken"])
    at.equal("sizes", (len(first["ResourceTagMappingList"]), len(second["ResourceTagMappingList"])), (2, 1))
    at.equal("the last token", second.get("PaginationToken"), "")


@check("resourcegroupstaggingapi.GetResources", "BC resourcegroupstaggingapi.ResourceARNListForGet: not together with filters", kind="malformed")
def a_list_of_arns_excludes_filters(at):
    key, arns = tagged(at)
    at.refuses(INVALID, at.tagging.get_resources, ResourceARNList=arns, TagFilters=[{"Key": key}])


@check("resourcegroupstaggingapi.GetResources", "BC resourcegroupstaggingapi.GetResources: deleted resources are listed for a while; aws-sdk issues", realistic=True)
def what_was_just_tagged_is_not_in_the_index_yet(at):
    key, _ = tagged(at)
    at.equal("found at once", found(at, TagFilters=[{"Key": key}]), [])


@check("resourcegroupstaggingapi.GetTagKeys", "BC resourcegroupstaggingapi.GetTagKeys, GetTagValues")
def keys_and_values_are_listed(at):
    key, _ = tagged(at, 2)
    pages = lambda operation, member, **wanted: [one for page in at.tagging.get_paginator(operation).paginate(**wanted) for one in page[member]]
    at.until("the key is listed", lambda: key in pages("get_tag_keys", "TagKeys"))
    at.until("both values are listed", lambda: sorted(pages("get_tag_values", "TagValues", Key=key)) == ["value-0", "value-1"])


refusals("resourcegroupstaggingapi.GetResources", "BC resourcegroupstaggingapi.ResourcesPerPage: 1 to 100; TagFilterList: at most 50", *INVALID, [
    ("a page of 101 resources", {"ResourcesPerPage": 101}),
    ("51 filters", {"TagFilters": [{"Key": f"k{n}"} for n in range(51)]}),
    ("a token that is none", {"PaginationToken": "nonsense"}),
])
