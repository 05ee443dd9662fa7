//! The connection to AWS: TLS, the proxies and certificate authorities in the environment, and the explanation of connection errors.

mod date;

use std::path::Path;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::failure::Failure;
use crate::{bounded, files};

pub(crate) use date::ServerClock;

/// Creates the HTTP client for calls to AWS. It respects `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` in either case, and
/// `AWS_CA_BUNDLE`, as the AWS CLI does. The size of responses is limited.
///
/// # Errors
/// Fails if the bundle cannot be read or contains no certificate.
pub(crate) fn client() -> Result<SharedHttpClient, Failure> {
    let bundle = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty());
    let tls = match bundle {
        Some(path) => trusting_only(Path::new(&path))?,
        None => TlsContext::default(),
    };
    let client = Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls.clone()).build()
    });
    Ok(bounded::answers(client))
}

fn trusting_only(bundle: &Path) -> Result<TlsContext, Failure> {
    let help = "make AWS_CA_BUNDLE name a PEM file with the trusted certificate authorities, or unset it";
    let wrong = |what: String| Failure::input(format!("AWS_CA_BUNDLE: {}: {what}", bundle.display())).help(help);
    let bytes = files::read(bundle, files::MAX_TEXT_BYTES).map_err(|error| wrong(error.to_string()))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    // The client panics at an unusable certificate, and old bundles contain some.
    let usable = |certificate: &CertificateDer<'_>| RootCertStore::empty().add(certificate.clone().into_owned()).is_ok();
    let trusted: Vec<_> = found.map_err(|error| wrong(format!("{error:?}")))?.into_iter().filter(usable).collect();
    if trusted.is_empty() {
        return Err(wrong("it holds no certificate of an authority".to_owned()));
    }
    let pem = |certificate: &CertificateDer<'_>| {
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", BASE64_STANDARD.encode(certificate))
    };
    let store = TrustStore::empty().with_pem_certificate(trusted.iter().map(pem).collect::<String>());
    let context = TlsContext::builder().with_trust_store(store).build();
    context.map_err(|error| wrong(error.to_string()))
}

/// Returns the variable that names the proxy for calls to AWS, with its value without user and password; `None` without a proxy.
pub(crate) fn proxy() -> Option<(&'static str, String)> {
    proxy_of(&|name| std::env::var(name).ok())
}

/// Checks the variables in their order of precedence for HTTPS.
fn proxy_of(variable: &dyn Fn(&str) -> Option<String>) -> Option<(&'static str, String)> {
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let set = |name: &&str| Some(variable(name)?).filter(|value| !value.is_empty());
    names.into_iter().find_map(|name| Some((name, without_credentials(&set(&name)?))))
}

/// Returns the URL without user and password.
pub(crate) fn without_credentials(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    if scheme.is_empty() { host.to_owned() } else { format!("{scheme}://{host}") }
}

/// Rejects an endpoint that is not a URL before a request is sent to it.
///
/// # Errors
/// Fails if `AWS_ENDPOINT_URL` or the one of STS, which is called first, has no scheme or no host.
pub(crate) fn check_endpoints() -> Result<(), Failure> {
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"] {
        let Some(value) = std::env::var(name).ok().filter(|value| !value.is_empty()) else { continue };
        if !is_url(&value) {
            let message = format!("{name} is {value:?}, which is not a URL; nothing was called");
            return Err(Failure::input(message).help(format!("write it like http://127.0.0.1:4566, or unset {name}")));
        }
    }
    Ok(())
}

fn is_url(text: &str) -> bool {
    let parsed = text.parse::<hyper::Uri>();
    parsed.is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxy_is_shown_without_its_password() {
        let of = |name: &'static str, value: &'static str| {
            proxy_of(&move |asked| (asked == name).then(|| value.to_owned())).map(|(_, url)| url)
        };
        assert_eq!(of("HTTPS_PROXY", "http://user:s3c@ret@proxy.example:3128").as_deref(), Some("http://proxy.example:3128"));
        assert_eq!(of("https_proxy", "user:secret@proxy.example:3128").as_deref(), Some("proxy.example:3128"));
        assert_eq!(of("ALL_PROXY", "http://proxy.example").as_deref(), Some("http://proxy.example"));
        assert_eq!(of("HTTPS_PROXY", ""), None);
        assert_eq!(of("NO_PROXY", "proxy.example"), None);
    }

    #[test]
    fn endpoints_have_scheme_and_host() {
        for good in ["http://127.0.0.1:4566", "https://aws.example/path", "http://[::1]:4566"] {
            assert!(is_url(good), "{good}");
        }
        for bad in ["127.0.0.1:4566", "localhost", "htp://aws.example", "http://", "http:// a", "file:///tmp", "aws.example:443"]
        {
            assert!(!is_url(bad), "{bad}");
        }
    }
}
