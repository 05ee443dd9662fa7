"""ACM: imported certificates."""

import datetime

from checks import things
from suite import check, refusals

IMPORT = "BC acm.ImportCertificate; ACM guide, Prerequisites for importing certificates"


def pair(domain="voice.example", **more):
    body, key = things.pem(domain, **more)
    return {"Certificate": body, "PrivateKey": key}


def shared(at):
    return at.kept("certificate", lambda: things.certificate(at, "shared.voice.example"))


def absent():
    return "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"


def chained(at):
    """A leaf with the certificate of somebody else as its chain."""
    return {**pair(), "CertificateChain": pair("other.example")["Certificate"]}


refusals("acm.ImportCertificate", IMPORT, "ValidationException", 400, [
    ("a certificate that is no PEM", lambda at: {**pair(), "Certificate": b"nonsense"}),
    ("a key that is no PEM", lambda at: {**pair(), "PrivateKey": b"nonsense"}),
    ("the key of another certificate", lambda at: {**pair(), "PrivateKey": pair()["PrivateKey"]}),
    ("an expired certificate", lambda at: pair(days=-1, starts=-10)),
    ("a certificate that is not valid yet", lambda at: pair(starts=5)),
    ("two certificates in place of one", lambda at: {**pair(), "Certificate": pair()["Certificate"] * 2}),
    ("a chain that does not belong to the certificate", chained),
])
refusals("acm.ImportCertificate", "BC acm.ImportCertificate, ResourceNotFoundException", "ResourceNotFoundException", 400, [
    ("a new import under an absent ARN", lambda at: {**pair(), "CertificateArn": absent()}),
], kind="absent")
refusals("acm.ImportCertificate", "BC acm.InvalidTagException; ACM guide, Tag restrictions", ("InvalidTagException", "ValidationException"), 400, [
    ("a reserved tag key of a certificate", lambda at: {**pair(), "Tags": [{"Key": "aws:x", "Value": "1"}]}),
])
for operation, more in {
    "DescribeCertificate": {}, "GetCertificate": {}, "DeleteCertificate": {}, "ListTagsForCertificate": {},
    "AddTagsToCertificate": {"Tags": [{"Key": "a", "Value": "1"}]}, "RemoveTagsFromCertificate": {"Tags": [{"Key": "a"}]},
}.items():
    refusals(f"acm.{operation}", "BC acm.ResourceNotFoundException", "ResourceNotFoundException", 400, [
        ("an absent certificate", {"CertificateArn": absent(), **more}, "Could not find certificate")], kind="absent")
    refusals(f"acm.{operation}", "BC acm.Arn: the pattern of an ARN; InvalidArnException", ("ValidationException", "InvalidArnException"), 400, [
        ("an ARN that is none", {"CertificateArn": "this is certainly no ARN", **more})])


@check("acm.ImportCertificate", IMPORT)
def a_certificate_describes_itself(at):
    arn = things.certificate(at, "described.voice.example")
    found = at.acm.describe_certificate(CertificateArn=arn)["Certificate"]
    members = ("DomainName", "SubjectAlternativeNames", "Status", "Type", "KeyAlgorithm", "SignatureAlgorithm", "InUseBy", "RenewalEligibility")
    at.equal("certificate", {member: found.get(member) for member in members}, {
        "DomainName": "described.voice.example", "SubjectAlternativeNames": ["described.voice.example"], "Status": "ISSUED", "Type": "IMPORTED",
        "KeyAlgorithm": "RSA-2048", "SignatureAlgorithm": "SHA256WITHRSA", "InUseBy": [], "RenewalEligibility": "INELIGIBLE"})
    at.true("ImportedAt is now", abs((found["ImportedAt"] - datetime.datetime.now(datetime.timezone.utc)).total_seconds()) < 60)


@check("acm.GetCertificate", "BC acm.GetCertificateResponse: certificate and chain, never the key")
def a_certificate_is_given_back_without_its_key(at):
    wanted = pair()
    arn = at.acm.import_certificate(**wanted)["CertificateArn"]
    answer = at.acm.get_certificate(CertificateArn=arn)
    at.equal("Certificate", answer["Certificate"].strip(), wanted["Certificate"].decode().strip())
    at.true("no key", "PRIVATE" not in str(answer))


@check("acm.ImportCertificate", "BC acm.ImportCertificate: no token, so a second import is a second certificate", kind="duplicate")
def the_same_certificate_twice_is_two(at):
    wanted = pair()
    at.true("two ARNs", len({at.acm.import_certificate(**wanted)["CertificateArn"] for _ in range(2)}) == 2)


@check("acm.ImportCertificate", "BC acm.ImportCertificate: a new import keeps the ARN")
def a_new_import_keeps_arn_and_tags(at):
    arn = things.certificate(at, "again.voice.example", Tags=[{"Key": "a", "Value": "1"}])
    wanted = pair("again.voice.example", kind="rsa")
    at.equal("CertificateArn", at.acm.import_certificate(CertificateArn=arn, **wanted)["CertificateArn"], arn)
    at.equal("Certificate", at.acm.get_certificate(CertificateArn=arn)["Certificate"].strip(), wanted["Certificate"].decode().strip())
    at.equal("Tags", at.acm.list_tags_for_certificate(CertificateArn=arn)["Tags"], [{"Key": "a", "Value": "1"}])


@check("acm.ImportCertificate", "BC acm.ImportCertificate: tags cannot be given with a new import", kind="malformed")
def tags_with_a_new_import_are_refused(at):
    arn = things.certificate(at, "tagged.voice.example")
    at.refuses((("ValidationException", "InvalidParameterException"), 400), at.acm.import_certificate, CertificateArn=arn, **pair("tagged.voice.example", kind="rsa"),
               Tags=[{"Key": "a", "Value": "1"}])


@check("acm.ListCertificates", "BC acm.ListCertificates: RSA_1024 and RSA_2048 unless keyTypes asks for others")
def a_list_hides_elliptic_curves_unless_asked(at):
    arn = things.certificate(at, "curve.voice.example", kind="ec")
    arns = lambda **more: [one["CertificateArn"] for page in at.acm.get_paginator("list_certificates").paginate(**more) for one in page["CertificateSummaryList"]]
    at.true("it is not in the plain list", arn not in arns())
    at.true("it is in the list of its kind", arn in arns(Includes={"keyTypes": ["EC_prime256v1"]}))


@check("acm.ListCertificates", "BC acm.ListCertificates: MaxItems, NextToken")
def certificates_come_in_pages(at):
    wanted = {things.certificate(at, f"{text}.voice.example") for text in ("one", "two")}
    found, token = [], {}
    while True:
        page = at.acm.list_certificates(MaxItems=1, **token)
        at.true("one to a page", len(page["CertificateSummaryList"]) <= 1)
        found += [one["CertificateArn"] for one in page["CertificateSummaryList"]]
        if not page.get("NextToken"):
            break
        token = {"NextToken": page["NextToken"]}
    at.true("each is in them once", all(found.count(arn) == 1 for arn in wanted))


@check("acm.ListCertificates", "BC acm.CertificateSummary")
def a_summary_says_what_a_certificate_is(at):
    arn = shared(at)
    found = next(one for page in at.acm.get_paginator("list_certificates").paginate() for one in page["CertificateSummaryList"] if one["CertificateArn"] == arn)
    members = ("DomainName", "Status", "Type", "InUse", "RenewalEligibility")
    at.equal("summary", {member: found.get(member) for member in members}, {
        "DomainName": "shared.voice.example", "Status": "ISSUED", "Type": "IMPORTED", "InUse": False, "RenewalEligibility": "INELIGIBLE"})


@check("acm.AddTagsToCertificate", "BC acm.AddTagsToCertificate, RemoveTagsFromCertificate: a value that is given must match")
def tags_of_a_certificate_are_added_and_removed(at):
    arn = things.certificate(at, "tags.voice.example", Tags=[{"Key": "a", "Value": "1"}])
    at.acm.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "3"}])
    at.acm.remove_tags_from_certificate(CertificateArn=arn, Tags=[{"Key": "b"}, {"Key": "a", "Value": "other"}])
    at.equal("Tags", at.acm.list_tags_for_certificate(CertificateArn=arn)["Tags"], [{"Key": "a", "Value": "3"}])


@check("acm.AddTagsToCertificate", "BC acm.TooManyTagsException: 50 tags", kind="malformed")
def a_fifty_first_tag_of_a_certificate_is_refused(at):
    arn = things.certificate(at, "fifty.voice.example", Tags=[{"Key": f"k{n}", "Value": ""} for n in range(50)])
    at.refuses(("TooManyTagsException", 400), at.acm.add_tags_to_certificate, CertificateArn=arn, Tags=[{"Key": "more", "Value": ""}])


@check("acm.DeleteCertificate", "BC acm.ResourceInUseException; DescribeCertificate: InUseBy")
def a_certificate_in_use_is_not_deleted(at):
    domain = things.domain(at)
    arn = at.apigateway.get_domain_name(domainName=domain)["regionalCertificateArn"]
    at.refuses(("ResourceInUseException", 400), at.acm.delete_certificate, CertificateArn=arn, message="is in use")
    at.true("InUseBy names something", len(at.acm.describe_certificate(CertificateArn=arn)["Certificate"]["InUseBy"]) > 0)


@check("acm.DeleteCertificate", "aws-cdk#36265, terraform-provider-aws: it stays in use for a while after its domain went", realistic=True)
def a_certificate_stays_in_use_for_a_while_after_its_domain_went(at):
    name = f"{at.name('api')}.voice.example"
    arn = things.certificate(at, name)
    at.apigateway.create_domain_name(domainName=name, regionalCertificateArn=arn, endpointConfiguration={"types": ["REGIONAL"]})
    at.apigateway.delete_domain_name(domainName=name)
    at.refuses(("ResourceInUseException", 400), at.acm.delete_certificate, CertificateArn=arn)


@check("acm.DeleteCertificate", "BC acm.DeleteCertificate, ResourceNotFoundException", kind="absent")
def a_deleted_certificate_is_gone(at):
    arn = things.certificate(at, "gone.voice.example")
    at.acm.delete_certificate(CertificateArn=arn)
    at.refuses(("ResourceNotFoundException", 400), at.acm.describe_certificate, CertificateArn=arn)
