//! The runtimes of Lambda.
//!
//! Names: service model of Lambda, Runtime (botocore 1.44.8). Dates: Lambda developer guide, "Lambda runtimes", as the rule
//! `aws_lambda_function_deprecated_runtime` of tflint-ruleset-aws repeats them. AWS moves such dates, so none of those that were still to
//! come when they were recorded decides anything.

/// A runtime that functions can be created with, and the date from which AWS calls it deprecated, if one is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runtime {
    /// Lambda's name.
    pub name: &'static str,
    /// The date, `2026-06-30`.
    pub deprecated_from: Option<&'static str>,
}

const fn runtime(name: &'static str) -> Runtime {
    Runtime { name, deprecated_from: None }
}

const fn until(name: &'static str, date: &'static str) -> Runtime {
    Runtime { name, deprecated_from: Some(date) }
}

/// All runtimes for zips that are not withdrawn.
pub const RUNTIMES: &[Runtime] = &[
    until("provided.al2023", "2029-06-30"),
    until("provided.al2", "2026-06-30"),
    until("python3.10", "2026-06-30"),
    until("python3.11", "2026-06-30"),
    until("python3.12", "2028-10-31"),
    until("python3.13", "2029-06-30"),
    runtime("python3.14"),
    until("nodejs20.x", "2026-04-30"),
    until("nodejs22.x", "2027-04-30"),
    runtime("nodejs24.x"),
    until("java8.al2", "2026-06-30"),
    until("java11", "2026-06-30"),
    until("java17", "2026-06-30"),
    until("java21", "2029-06-30"),
    runtime("java25"),
    until("dotnet8", "2026-11-10"),
    runtime("dotnet10"),
    until("ruby3.2", "2026-03-31"),
    until("ruby3.3", "2027-03-31"),
    runtime("ruby3.4"),
    runtime("ruby4.0"),
];

/// Withdrawn runtimes, with the date from which they were deprecated.
pub(crate) const WITHDRAWN: &[(&str, &str)] = &[
    ("provided", "2024-01-08"),
    ("python3.9", "2025-12-15"),
    ("python3.8", "2024-10-14"),
    ("python3.7", "2023-12-04"),
    ("python3.6", "2022-07-18"),
    ("python2.7", "2021-07-15"),
    ("nodejs18.x", "2025-09-01"),
    ("nodejs16.x", "2024-06-12"),
    ("nodejs14.x", "2023-12-04"),
    ("nodejs12.x", "2023-03-31"),
    ("nodejs10.x", "2021-07-30"),
    ("nodejs8.10", "2020-03-06"),
    ("nodejs6.10", "2019-08-12"),
    ("nodejs4.3", "2020-03-05"),
    ("nodejs4.3-edge", "2020-03-05"),
    ("nodejs", "2016-10-31"),
    ("java8", "2024-01-08"),
    ("dotnet7", "2024-05-14"),
    ("dotnet6", "2024-11-12"),
    ("dotnetcore3.1", "2023-04-03"),
    ("dotnetcore2.1", "2022-01-05"),
    ("dotnetcore2.0", "2019-05-30"),
    ("dotnetcore1.0", "2019-07-27"),
    ("ruby2.7", "2023-11-27"),
    ("ruby2.5", "2021-07-30"),
    ("go1.x", "2024-01-08"),
];

/// The language of a runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// An executable `bootstrap`.
    Provided,
    /// Python.
    Python,
    /// JavaScript.
    Node,
    /// One that only AWS runs.
    Other,
}

impl Language {
    /// Returns the language of a runtime by its name.
    pub fn of(runtime: &str) -> Self {
        match runtime {
            _ if runtime.starts_with("provided") => Self::Provided,
            _ if runtime.starts_with("python") => Self::Python,
            _ if runtime.starts_with("nodejs") => Self::Node,
            _ => Self::Other,
        }
    }
}
