"""Route 53: public zones and their records; and certificates that ACM validates by them."""

from suite import check, refusals

ABSENT = "Z0000000000000000000"
CHANGE = "BC route53.ChangeResourceRecordSets"
VALIDATION = "BC acm.DomainValidation, ResourceRecord; ACM guide, DNS validation"


def zone(at, name="voice.example"):
    """The ID of a new zone, and its name."""
    name = f"{at.name('zone')}.{name}"
    made = at.route53.create_hosted_zone(Name=name, CallerReference=name)
    return made["HostedZone"]["Id"].removeprefix("/hostedzone/"), name


def one(name, kind, *values, action="CREATE", ttl=60):
    return {"Action": action, "ResourceRecordSet": {"Name": name, "Type": kind, "TTL": ttl, "ResourceRecords": [{"Value": value} for value in values]}}


def send(at, zone, *changes):
    return at.route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": list(changes)})["ChangeInfo"]


def names(at, zone, **more):
    return [(one["Name"], one["Type"]) for one in at.route53.list_resource_record_sets(HostedZoneId=zone, **more)["ResourceRecordSets"]]


for operation, more in {
    "GetHostedZone": {"Id": ABSENT}, "DeleteHostedZone": {"Id": ABSENT}, "ListResourceRecordSets": {"HostedZoneId": ABSENT},
    "UpdateHostedZoneComment": {"Id": ABSENT}, "GetDNSSEC": {"HostedZoneId": ABSENT},
    "ChangeTagsForResource": {"ResourceType": "hostedzone", "ResourceId": ABSENT, "AddTags": [{"Key": "a", "Value": "1"}]},
    "ListTagsForResource": {"ResourceType": "hostedzone", "ResourceId": ABSENT},
    "ChangeResourceRecordSets": {"HostedZoneId": ABSENT, "ChangeBatch": {"Changes": [one("a.voice.example", "A", "192.0.2.1")]}},
}.items():
    refusals(f"route53.{operation}", "BC route53.NoSuchHostedZone", "NoSuchHostedZone", 404, [
        ("an absent zone", more, f"No hosted zone found with ID: {ABSENT}")], kind="absent")
refusals("route53.GetChange", "BC route53.NoSuchChange", "NoSuchChange", 404, [("an absent change", {"Id": "C0000000000000000000"})], kind="absent")


@check("route53.CreateHostedZone", "Route 53 guide, NS and SOA records that Route 53 creates for a public hosted zone")
def a_zone_begins_with_ns_and_soa(at):
    made, name = zone(at)
    at.equal("records", names(at, made), [(f"{name}.", "NS"), (f"{name}.", "SOA")])
    found = at.route53.get_hosted_zone(Id=made)
    at.equal("name servers", len(found["DelegationSet"]["NameServers"]), 4)
    at.equal("count", found["HostedZone"]["ResourceRecordSetCount"], 2)


@check("route53.DeleteHostedZone", "BC route53.DeleteHostedZone, GetChange, ListHostedZones, UpdateHostedZoneComment, GetDNSSEC")
def a_zone_lives_and_goes(at):
    made, name = zone(at)
    at.route53.update_hosted_zone_comment(Id=made, Comment="voice")
    listed = [one["Config"]["Comment"] for one in at.route53.list_hosted_zones()["HostedZones"] if one["Id"] == f"/hostedzone/{made}"]
    at.equal("listed", listed, ["voice"])
    at.equal("signing", at.route53.get_dnssec(HostedZoneId=made)["Status"]["ServeSignature"], "NOT_SIGNING")
    change = send(at, made, one(f"a.{name}", "A", "192.0.2.1"))
    at.until("the change is in sync", lambda: at.route53.get_change(Id=change["Id"])["ChangeInfo"]["Status"] == "INSYNC")
    send(at, made, one(f"a.{name}", "A", "192.0.2.1", action="DELETE"))
    at.route53.delete_hosted_zone(Id=made)
    at.refuses(("NoSuchHostedZone", 404), at.route53.get_hosted_zone, Id=made)


@check("route53.CreateHostedZone", "BC route53.HostedZoneAlreadyExists: the caller reference", kind="duplicate")
def a_caller_reference_makes_one_zone(at):
    name = f"{at.name('zone')}.example"
    at.route53.create_hosted_zone(Name=name, CallerReference=name)
    at.refuses(("HostedZoneAlreadyExists", 409), at.route53.create_hosted_zone, Name=name, CallerReference=name)


@check("route53.ChangeResourceRecordSets", CHANGE + ": PENDING, then INSYNC", realistic=True)
def a_change_is_pending_at_first(at):
    made, name = zone(at)
    at.equal("Status", send(at, made, one(f"a.{name}", "A", "192.0.2.1"))["Status"], "PENDING")


def refused(at, wanted, *changes, before=()):
    made, name = zone(at)
    fill = lambda change: {**change, "ResourceRecordSet": {**change["ResourceRecordSet"], "Name": change["ResourceRecordSet"]["Name"].replace("ZONE", name)}}
    for change in before:
        send(at, made, fill(change))
    there = names(at, made)
    at.refuses(("InvalidChangeBatch", 400), at.route53.change_resource_record_sets, message=wanted.replace("ZONE", name), HostedZoneId=made,
               ChangeBatch={"Changes": [fill(change) for change in changes]})
    at.equal("records afterwards", names(at, made), there)


GOOD = one("good.ZONE", "A", "192.0.2.1")


@check("route53.ChangeResourceRecordSets", "external-dns#3007: the text; BC: all changes of a batch, or none", kind="duplicate")
def a_record_that_exists_is_not_created(at):
    refused(at, "Tried to create resource record set [name='a.ZONE.', type='A'] but it already exists", GOOD, one("a.ZONE", "A", "192.0.2.2"),
            before=[one("a.ZONE", "A", "192.0.2.1")])


@check("route53.ChangeResourceRecordSets", "boto#2887: the text", kind="absent")
def a_record_that_is_not_there_is_not_deleted(at):
    refused(at, "Tried to delete resource record set [name='a.ZONE.', type='A'] but it was not found", GOOD, one("a.ZONE", "A", "192.0.2.2", action="DELETE"))


@check("route53.ChangeResourceRecordSets", CHANGE + ": a deletion names the current values")
def a_record_with_other_values_is_not_deleted(at):
    refused(at, "but the values provided do not match the current values", GOOD, one("a.ZONE", "A", "192.0.2.2", action="DELETE"),
            before=[one("a.ZONE", "A", "192.0.2.1")])


@check("route53.ChangeResourceRecordSets", "Route 53 guide, CNAME record type: not at the apex")
def a_cname_at_the_apex_is_refused(at):
    refused(at, "is not permitted at apex in zone", GOOD, one("ZONE", "CNAME", "other.example"))


@check("route53.ChangeResourceRecordSets", "Route 53 guide, CNAME record type: nothing beside it")
def a_record_beside_a_cname_is_refused(at):
    refused(at, "a conflicting RRSet of type CNAME", GOOD, one("a.ZONE", "A", "192.0.2.2"), before=[one("a.ZONE", "CNAME", "other.example")])


@check("route53.ChangeResourceRecordSets", CHANGE + ": the zone's own names only")
def a_record_of_another_zone_is_refused(at):
    refused(at, "is not permitted in zone", GOOD, one("a.other.example", "A", "192.0.2.2"))


@check("route53.ListResourceRecordSets", "BC route53.ListResourceRecordSets: reversed labels, from a name on")
def records_come_in_the_order_of_reversed_labels(at):
    made, name = zone(at)
    send(at, made, *[one(f"{label}.{name}", "A", "192.0.2.1") for label in ("b", "a.c", "a", "c")])
    at.equal("order", [found.removesuffix(f".{name}.") for found, kind in names(at, made) if kind == "A"], ["a", "b", "c", "a.c"])
    at.equal("from b on", names(at, made, StartRecordName=f"b.{name}", MaxItems="1"), [(f"b.{name}.", "A")])


@check("route53.DeleteHostedZone", "BC route53.HostedZoneNotEmpty", kind="malformed")
def a_zone_with_records_is_not_deleted(at):
    made, name = zone(at)
    send(at, made, one(f"a.{name}", "A", "192.0.2.1"))
    at.refuses(("HostedZoneNotEmpty", 400), at.route53.delete_hosted_zone, Id=made, message="contains non-required resource record sets")


@check("route53.ListHostedZonesByName", "BC route53.ListHostedZonesByName: from a name on")
def a_zone_is_found_by_its_name(at):
    made, name = zone(at)
    first = at.route53.list_hosted_zones_by_name(DNSName=name, MaxItems="1")["HostedZones"][0]
    at.equal("zone", (first["Id"], first["Name"]), (f"/hostedzone/{made}", f"{name}."))


@check("route53.ChangeTagsForResource", "BC route53.ChangeTagsForResource")
def tags_of_a_zone_are_added_and_removed(at):
    made, _ = zone(at)
    at.route53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=made, AddTags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    at.route53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=made, RemoveTagKeys=["a"])
    at.equal("Tags", at.route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=made)["ResourceTagSet"]["Tags"], [{"Key": "b", "Value": "2"}])


def requested(at, name, **more):
    return at.acm.request_certificate(DomainName=name, ValidationMethod="DNS", **more)["CertificateArn"]


def validation(at, arn):
    options = lambda: at.acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"]
    at.until("the validation record is named", lambda: "ResourceRecord" in options()[0])
    return options()[0]


@check("acm.RequestCertificate", VALIDATION)
def a_request_names_the_record_that_validates(at):
    option = validation(at, requested(at, "asked.voice.example"))
    at.equal("option", (option["DomainName"], option["ValidationDomain"], option["ValidationMethod"], option["ResourceRecord"]["Type"]),
             ("asked.voice.example", "asked.voice.example", "DNS", "CNAME"))
    at.true("names", option["ResourceRecord"]["Name"].endswith(".asked.voice.example.") and option["ResourceRecord"]["Value"].endswith(".acm-validations.aws."))


@check("acm.RequestCertificate", "ACM guide, DNS validation: one record for all certificates of a domain")
def every_certificate_of_a_domain_has_the_same_record(at):
    one, other = (validation(at, requested(at, "same.voice.example"))["ResourceRecord"] for _ in range(2))
    at.equal("record", other, one)


@check("acm.RequestCertificate", "BC acm.RequestCertificate: IdempotencyToken", kind="duplicate")
def one_token_is_one_certificate(at):
    at.equal("ARNs", len({requested(at, "token.voice.example", IdempotencyToken="token1") for _ in range(2)}), 1)


@check("acm.RequestCertificate", VALIDATION)
def a_certificate_is_pending_until_its_record_is_there(at):
    made, name = zone(at)
    arn = requested(at, f"api.{name}")
    record = validation(at, arn)["ResourceRecord"]
    status = lambda: at.acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"]
    at.equal("Status", status(), "PENDING_VALIDATION")
    at.refuses(("RequestInProgressException", 400), at.acm.get_certificate, CertificateArn=arn)
    send(at, made, one(record["Name"], "CNAME", record["Value"]))
    at.until("it is issued", lambda: status() == "ISSUED")
