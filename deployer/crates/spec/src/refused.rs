//! Keys that name what AWS has and the deployer does not, with the reason and what to do instead.

/// Returns why the key at this path is refused, and what to do instead.
pub(crate) fn reason(path: &str) -> Option<(&'static str, &'static str)> {
    const ENDPOINT: (&str, &str) = (
        "endpoints and domains are Regional: an edge-optimized domain needs a certificate in us-east-1 and takes up to 40 minutes to \
         change, and a private API answers only inside a VPC, which Connect and callers of this application are not",
        "leave the key out; for edge locations put a CloudFront distribution of your own in front of the Regional domain",
    );
    const MUTUAL_TLS: (&str, &str) = (
        "mutual TLS is not supported: its truststore is an object of S3 that API Gateway reads once, so a changed truststore would \
         silently not apply",
        "authenticate callers with `auth: iam` or `auth: api_key` at the routes",
    );
    const PRIVATE: (&str, &str) = (
        "certificates of a private authority are not requested: a private CA costs per month and is shared by a company, and clients \
         outside do not trust it",
        "issue the certificate with your authority and name it with `acm: ARN`, or give its files with `files`",
    );
    Some(match path {
        "api.endpoint"
        | "api.endpoint_type"
        | "api.endpoint_configuration"
        | "api.private"
        | "api.vpc_endpoints"
        | "api.domain.endpoint"
        | "api.domain.endpoint_type"
        | "api.domain.private" => ENDPOINT,
        "api.mutual_tls" | "api.domain.mutual_tls" | "api.domain.truststore" | "api.certificate.mutual_tls" => MUTUAL_TLS,
        "api.certificate.private_ca"
        | "api.certificate.private"
        | "api.certificate.acm_pca"
        | "api.certificate.dns.certificate_authority" => PRIVATE,
        _ => return None,
    })
}
