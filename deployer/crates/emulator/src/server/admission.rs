//! Admission of requests to the listener: they must name this machine, and must not come from a page of another origin.
//!
//! After DNS rebinding to 127.0.0.1, a page has the same origin as the listener for its browser, which then lets it set any header and read
//! any response; but the browser still sends the page's own name as `Host`.

use http::header::{HOST, HeaderMap, ORIGIN};
use http::request::Parts;
use http::uri::Authority;

use crate::error::AwsError;

/// Rejects a request that is not for this machine or comes from a page of another origin.
///
/// # Errors
/// Returns 403 if no `Host` names the loopback interface, `Origin` is another one (`null` too), or the browser reports that another site
/// sent the request.
pub(crate) fn check(parts: &Parts) -> Result<(), AwsError> {
    let named = parts.uri.authority().map(|authority| Some(authority.as_str())).into_iter();
    let mut hosts = named.chain(texts(&parts.headers, HOST)).peekable();
    if hosts.peek().is_none() {
        return Err(refused("the request names no host"));
    }
    for host in hosts {
        if !host.is_some_and(is_loopback) {
            return Err(refused(&format!("{} is not this machine", host.unwrap_or("the host"))));
        }
    }
    for origin in texts(&parts.headers, ORIGIN) {
        let authority = origin.and_then(|origin| origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")));
        if !authority.is_some_and(is_loopback) {
            return Err(refused(&format!("a page of {} may not send requests", origin.unwrap_or("another origin"))));
        }
    }
    // Fetch Metadata: sent by browsers also for requests without an origin.
    if texts(&parts.headers, "sec-fetch-site").any(|site| site != Some("same-origin") && site != Some("none")) {
        let same_machine = parts.headers.contains_key(ORIGIN);
        if !same_machine {
            return Err(refused("a page of another site may not send requests"));
        }
    }
    Ok(())
}

/// Returns the values of a header; `None` for one that is not text.
fn texts<N: http::header::AsHeaderName>(headers: &HeaderMap, name: N) -> impl Iterator<Item = Option<&str>> {
    headers.get_all(name).iter().map(|value| value.to_str().ok())
}

/// Whether a host, with or without a port, is a name or address of the loopback interface that needs no name server.
fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    if host.contains('@') {
        return false;
    }
    let name = authority.host().to_ascii_lowercase();
    let name = name.strip_suffix('.').unwrap_or(&name);
    // RFC 6761, section 6.3: names below `localhost` resolve to the loopback address.
    name == "127.0.0.1" || name == "[::1]" || name == "localhost" || name.ends_with(".localhost")
}

fn refused(why: &str) -> AwsError {
    AwsError::new(
        403,
        "AccessDeniedException",
        format!(
            "{why}: the embedded AWS answers only requests for 127.0.0.1, localhost, *.localhost and [::1], and no foreign page"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(headers: &[(&str, &str)]) -> bool {
        let mut request = http::Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        check(&request.body(()).expect("a request").into_parts().0).is_ok()
    }

    #[test]
    fn loopback_names_are_admitted_and_no_others() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:4566",
            "localhost",
            "LocalHost:1",
            "localhost.",
            "bucket.localhost:4566",
            "a.b.s3.localhost",
            "[::1]",
            "[::1]:4566",
        ] {
            assert!(admitted(&[("host", host)]), "{host}");
            assert!(admitted(&[("host", host), ("origin", &format!("http://{host}"))]), "{host}");
        }
        for host in [
            "",
            "pages.example",
            "pages.example:4566",
            "localhost.pages.example",
            "127.0.0.1.pages.example",
            "notlocalhost",
            "127.0.0.1@pages.example",
            "pages.example@127.0.0.1",
            "127.0.0.2",
            "0.0.0.0",
            "[::]",
            "[::ffff:127.0.0.1]",
            "::1",
        ] {
            assert!(!admitted(&[("host", host)]), "{host}");
            assert!(!admitted(&[("host", "localhost"), ("origin", &format!("http://{host}"))]), "origin {host}");
        }
    }

    #[test]
    fn every_host_and_origin_must_be_ours() {
        assert!(!admitted(&[]), "no host");
        assert!(!admitted(&[("host", "localhost"), ("host", "pages.example")]));
        assert!(!admitted(&[("host", "localhost"), ("origin", "null")]));
        assert!(!admitted(&[("host", "localhost"), ("origin", "file://")]));
        assert!(!admitted(&[("host", "localhost"), ("sec-fetch-site", "cross-site")]));
        assert!(!admitted(&[("host", "localhost"), ("sec-fetch-site", "same-site")]));
        assert!(admitted(&[("host", "localhost"), ("sec-fetch-site", "none")]));
        let absolute = http::Request::get("http://pages.example/").header("host", "localhost").body(()).expect("a request");
        assert!(check(&absolute.into_parts().0).is_err());
    }
}
