//! Routes: `GET /vanity-numbers/{phone}`.

use crate::rule::{Explanation, StringPattern};
use crate::string_enum::{FromText, string_enum};
use crate::suggest::{closest, listed};
use crate::yaml::Node;

/// `GET /vanity-numbers/{phone}`
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Route {
    /// `GET`, …, or `ANY`.
    pub method: Method,
    /// The path, with variables in braces.
    pub path: String,
}

impl std::fmt::Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.path)
    }
}

string_enum! {
    /// The HTTP method of a route (API Gateway developer guide, "Set up an HTTP method").
    Method {
        /// `GET`
        Get = "GET",
        /// `POST`
        Post = "POST",
        /// `PUT`
        Put = "PUT",
        /// `PATCH`
        Patch = "PATCH",
        /// `DELETE`
        Delete = "DELETE",
        /// `HEAD`
        Head = "HEAD",
        /// `OPTIONS`
        Options = "OPTIONS",
        /// Every method without a route of its own.
        Any = "ANY",
    }
}

/// A route (API Gateway developer guide, "Amazon API Gateway important notes", on path parts).
pub(crate) static ROUTE: StringPattern = StringPattern::new(
    "a route",
    "`METHOD /path`: a method in capitals, one space, a path of segments of letters, digits and `-._~:`; \
     a whole segment may be a variable `{name}`, the last one `{name+}` for all the rest",
    "^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|ANY) \
     (/|(/([A-Za-z0-9_.~:-]+|[{][A-Za-z0-9_.-]+[}]))*(/([A-Za-z0-9_.~:-]+|[{][A-Za-z0-9_.-]+[+]?[}])))$",
    5,
    1024,
)
.explained(explain);

impl FromText for Route {
    fn from_text(text: &str) -> Option<Self> {
        let (method, path) = text.split_once(' ')?;
        Some(Self { method: Method::parse(method)?, path: path.to_owned() })
    }
}

/// Returns the node with the function's name from the value of a route.
pub(crate) fn function(target: &Node) -> Option<&Node> {
    if target.text().is_some() { Some(target) } else { target.get("function") }
}

/// Explains why a text is not a route.
fn explain(text: &str) -> Option<Explanation> {
    let Some((method, path)) = text.split_once(' ') else {
        let meant = text.starts_with('/').then(|| format!("GET {text}"));
        return Some(Explanation {
            message: format!("the route `{text}` has no method and path with a space between"),
            suggestion: meant,
        });
    };
    if Method::parse(method).is_none() {
        let meant = closest(method, Method::WORDS.iter().copied()).map(|word| format!("{word} {path}"));
        let message = format!("`{method}` is no method; methods are {}", listed(Method::WORDS));
        return Some(Explanation { message, suggestion: meant });
    }
    explain_path(method, path)
}

fn explain_path(method: &str, path: &str) -> Option<Explanation> {
    let with = |message: String, path: Option<String>| {
        Some(Explanation { message, suggestion: path.map(|path| format!("{method} {path}")) })
    };
    let Some(rest) = path.strip_prefix('/') else {
        return with(format!("the path `{path}` does not begin with a slash"), Some(format!("/{}", path.trim_start())));
    };
    if path.contains("//") || rest.ends_with('/') {
        let segments: Vec<&str> = rest.split('/').filter(|segment| !segment.is_empty()).collect();
        return with(format!("the path `{path}` has an empty segment"), Some(format!("/{}", segments.join("/"))));
    }
    let segments: Vec<&str> = rest.split('/').collect();
    let last = segments.len() - 1;
    segments.iter().enumerate().find_map(|(index, segment)| with(explain_segment(segment, index == last)?, None))
}

fn explain_segment(segment: &str, last: bool) -> Option<String> {
    let Some(inner) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        if segment.contains(['{', '}']) {
            return Some(format!("in `{segment}` a variable is only a part of the segment; it must be all of it"));
        }
        let bad = segment.chars().find(|c| !c.is_ascii_alphanumeric() && !"-._~:".contains(*c))?;
        return Some(format!("`{segment}` has {bad:?}, which no segment may have"));
    };
    let name = inner.strip_suffix('+').unwrap_or(inner);
    if inner.ends_with('+') && !last {
        return Some(format!("`{segment}` takes all the rest of the path, so it must be the last segment"));
    }
    let good = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    (!good).then(|| format!("`{segment}` is no variable; its name is of letters, digits and `-._`"))
}
