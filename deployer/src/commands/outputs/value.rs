//! One value of the outputs.

use serde_json::Value;

use crate::failure::Failure;

/// How a value is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Text without quotes, objects as JSON; with a newline at the end.
    Plain,
    /// As [`Form::Plain`] without the newline; no objects.
    Raw,
    /// JSON, with a newline at the end.
    Json,
}

impl Form {
    pub(super) fn of(raw: bool, json: bool) -> Self {
        match (raw, json) {
            (true, _) => Self::Raw,
            (false, true) => Self::Json,
            (false, false) => Self::Plain,
        }
    }
}

/// Returns the value at this path of the document, such as `tables.callers.arn`, for printing.
///
/// # Errors
/// There is no such output, it has no value, or it is an object and a raw value was requested.
pub(super) fn format(document: &Value, path: &str, form: Form) -> Result<String, Failure> {
    let found = path.split('.').try_fold(document, |value, key| value.get(key));
    let Some(value) = found else {
        let names = names(document);
        return Err(Failure::input(format!("there is no output {path}")).suggest(path, names.iter().map(String::as_str)));
    };
    match (value, form) {
        (Value::Null, _) => Err(Failure::input(format!("the output {path} has no value: this environment has none"))
            .help("`deployer outputs --json` shows all")),
        (value, Form::Json) => Ok(format!("{value:#}\n")),
        (Value::Object(_) | Value::Array(_), Form::Raw) => {
            let inner: Vec<String> = names(value).iter().map(|name| format!("{path}.{name}")).collect();
            let help = if inner.is_empty() { "it is empty".to_owned() } else { format!("choose from {}", inner.join(", ")) };
            Err(Failure::input(format!("the output {path} is not one value")).help(help))
        }
        (Value::String(text), Form::Plain) => Ok(format!("{text}\n")),
        (Value::String(text), Form::Raw) => Ok(text.clone()),
        (value, Form::Plain) => Ok(format!("{value:#}\n")),
        (value, Form::Raw) => Ok(value.to_string()),
    }
}

/// Returns the paths of all values that are no objects and not null.
fn names(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in document.as_object().into_iter().flatten() {
        match value {
            Value::Null => {}
            Value::Object(_) => found.extend(names(value).into_iter().map(|inner| format!("{key}.{inner}"))),
            _ => found.push(key.clone()),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn raw_value_has_neither_quotes_nor_newline() {
        let document = json!({"api_url": "https://a.example", "count": 3, "tables": {"callers": {"arn": "x"}}, "connect": null});
        let of = |path: &str, form| format(&document, path, form).map_err(|failure| failure.to_string());
        assert_eq!(of("api_url", Form::Raw).as_deref(), Ok("https://a.example"));
        assert_eq!(of("api_url", Form::Plain).as_deref(), Ok("https://a.example\n"));
        assert_eq!(of("api_url", Form::Json).as_deref(), Ok("\"https://a.example\"\n"));
        assert_eq!(of("count", Form::Raw).as_deref(), Ok("3"));
        assert_eq!(of("tables.callers", Form::Plain).as_deref(), Ok("{\n  \"arn\": \"x\"\n}\n"));
        assert!(of("tables", Form::Raw).is_err_and(|text| text.contains("choose from tables.callers.arn")));
        assert!(of("tables.caller.arn", Form::Raw).is_err_and(|text| text.contains("did you mean tables.callers.arn?")));
        assert!(of("connect", Form::Raw).is_err_and(|text| text.contains("has no value")));
        assert!(of("connect.alias", Form::Raw).is_err());
        assert!(of("", Form::Plain).is_err());
    }
}
