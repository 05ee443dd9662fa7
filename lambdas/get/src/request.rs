//! Requests, parsed from API Gateway proxy events.
//!
//! Source: API Gateway developer guide, "Input format of a Lambda function for proxy integration" (REST APIs).

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) route: Route,
    /// Value of the header `If-None-Match`.
    pub(crate) if_none_match: Option<String>,
    /// Whether API Gateway has identified the client: by an API key that the method requires, or by AWS credentials.
    pub(crate) is_identified: bool,
}

/// The resource that a path refers to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// The page for people.
    Page,
    /// The most recent callers.
    Recent,
    /// One caller, as written in the path.
    Caller(String),
    /// No such path.
    Nothing,
}

impl Route {
    /// Returns the name of the route in logs.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Recent => "recent",
            Self::Caller(_) => "caller",
            Self::Nothing => "nothing",
        }
    }
}

const COLLECTION: &str = "vanity-numbers";

impl Request {
    /// Reads an event; a field that is absent or mistyped counts as empty.
    pub(crate) fn read(event: &Value) -> Self {
        let text = |key: &str| event[key].as_str().unwrap_or_default();
        let wanted = match event["pathParameters"]["phone"].as_str() {
            Some(phone) => Route::Caller(phone.to_owned()),
            None if text("resource") == "/" => Route::Page,
            None => wanted_by(text("path")),
        };
        let identity = &event["requestContext"]["identity"];
        let is_identified = ["apiKeyId", "userArn"].iter().any(|name| identity[name].as_str().is_some_and(|id| !id.is_empty()));
        Self {
            method: text("httpMethod").to_owned(),
            route: wanted,
            if_none_match: header(event, "if-none-match"),
            is_identified,
        }
    }
}

/// Returns the resource of a path. A custom domain's base path may precede the collection.
fn wanted_by(path: &str) -> Route {
    let mut parts = path.split('/').filter(|part| !part.is_empty()).skip_while(|part| *part != COLLECTION);
    match (parts.next(), parts.next(), parts.next()) {
        (None, ..) if path.trim_matches('/').is_empty() => Route::Page,
        (None, ..) => Route::Nothing,
        (Some(_), None, _) => Route::Recent,
        (Some(_), Some(phone), None) => Route::Caller(phone.to_owned()),
        _ => Route::Nothing,
    }
}

fn header(event: &Value, name: &str) -> Option<String> {
    let headers = event["headers"].as_object()?;
    let (_, value) = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    value.as_str().map(str::to_owned)
}

/// Parses the phone number in a path. Its `+` may arrive as `+`, as `%2B`, as the space that `+` means in forms, or not at
/// all.
pub(crate) fn phone(written: &str) -> Result<vanity::Number, vanity::NotANumber> {
    let decoded = percent_decode_str(written).decode_utf8_lossy();
    let digits = decoded.trim();
    vanity::Number::parse(&format!("+{}", digits.strip_prefix('+').unwrap_or(digits)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plus_sign_may_be_encoded_or_absent() {
        for written in ["+18003569377", "%2B18003569377", "%2b18003569377", " 18003569377", "18003569377", "%2018003569377"] {
            assert_eq!(phone(written).map(|number| number.to_string()), Ok("+18003569377".to_owned()), "{written:?}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for written in ["", "+", "++18003569377", "%252B18003569377", "1800FLOWERS", "%FF", "1-800-356-9377", "0018003569377"] {
            assert!(phone(written).is_err(), "{written:?}");
        }
        assert!(phone(&"1".repeat(1_000_000)).is_err());
    }

    #[test]
    fn path_is_used_without_a_path_parameter() {
        let read = |path: &str| Request::read(&json!({"httpMethod": "GET", "path": path, "pathParameters": null})).route;
        assert_eq!(read("/"), Route::Page);
        assert_eq!(read(""), Route::Page);
        assert_eq!(read("/vanity-numbers"), Route::Recent);
        assert_eq!(read("/base/vanity-numbers/"), Route::Recent);
        assert_eq!(read("/vanity-numbers/+18003569377"), Route::Caller("+18003569377".into()));
        assert_eq!(read("/vanity-numbers/1/2"), Route::Nothing);
        assert_eq!(read("/a"), Route::Nothing);
        assert_eq!(Request::read(&json!({"resource": "/", "path": "/base"})).route, Route::Page);
    }

    #[test]
    fn header_case_and_malformed_events_are_tolerated() {
        let event = json!({"httpMethod": "GET", "path": "/", "headers": {"IF-None-match": "\"x\""}});
        assert_eq!(Request::read(&event).if_none_match.as_deref(), Some("\"x\""));
        for event in [json!(null), json!([]), json!({"headers": 3, "pathParameters": "x", "path": {}})] {
            assert_eq!(
                Request::read(&event),
                Request { method: String::new(), route: Route::Page, if_none_match: None, is_identified: false }
            );
        }
    }
}
