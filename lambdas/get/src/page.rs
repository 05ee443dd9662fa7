//! The page for people: one self-contained document.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::response::Response;

const PAGE: &str = include_str!("page.html");

/// Returns the page, with a policy that allows only its own script and style, and requests to its own origin only. Its empty
/// icon is inline, so that browsers do not request one.
pub(crate) fn response() -> Response {
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; connect-src 'self'; img-src data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
        hash_of("script"),
        hash_of("style"),
    );
    Response::html(PAGE.to_owned(), &policy)
}

/// Returns the source expression that allows the only inline element of this name.
fn hash_of(element: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(inside(element))))
}

fn inside(element: &str) -> &'static str {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let after = PAGE.split_once(&open).map_or("", |(_, after)| after);
    after.split_once(&close).map_or("", |(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_is_self_contained() {
        for element in ["script", "style"] {
            assert_eq!(PAGE.matches(&format!("<{element}")).count(), 1);
            assert!(!inside(element).is_empty());
        }
        assert!(!PAGE.contains("http:") && !PAGE.contains("https:") && !PAGE.contains("src=") && !PAGE.contains("url("));
        assert_eq!(PAGE.matches("href=").count(), PAGE.matches("href=\"data:").count());
        assert!(!PAGE.contains("style=") && !PAGE.contains(" onclick") && !PAGE.contains("innerHTML"));
    }

    #[test]
    fn policy_allows_only_the_script_and_style() {
        let policy = &response().headers["content-security-policy"];
        assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'));
    }
}
