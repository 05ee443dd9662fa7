//! What pictures share: escaping and colours.

/// Returns text as it is written in SVG (XML 1.0, section 2.4).
pub(crate) fn escaped(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_control()).collect::<String>();
    plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Returns the fill and the line of a resource type, by its service.
pub(crate) fn colour(type_name: &str) -> (&'static str, &'static str) {
    match type_name.split('.').next().unwrap_or_default() {
        "connect" => ("#e7f0ff", "#3b6fd4"),
        "lambda" => ("#fff0e0", "#c8691c"),
        "dynamodb" => ("#e8e9ff", "#5256c8"),
        "iam" => ("#ffe9ea", "#c5404a"),
        "apigateway" => ("#f6e8ff", "#8a45c4"),
        "logs" => ("#ffe8f3", "#b83a78"),
        "s3" => ("#e6f6e6", "#3c8a3c"),
        "lex" => ("#e2f6f5", "#1f8a86"),
        _ => ("#f1f2f4", "#6e7681"),
    }
}
