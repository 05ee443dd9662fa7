//! `functions.<name>.code`: where the code of a function comes from.

use crate::declare::{choice, section, text};
use crate::patterns::{BUCKET, FILE};
use crate::rule::StringPattern;

/// A Cargo package.
pub(super) static PACKAGE: StringPattern = StringPattern::new(
    "a Cargo package's name",
    "letters, digits, `-` and `_`; a letter first; at most 64 characters",
    "^[A-Za-z][A-Za-z0-9_-]*$",
    1,
    64,
);

/// A directory or file of the project: nothing outside it is packed or run.
static IN_PROJECT: StringPattern = StringPattern::new(
    "a path in the project",
    "a relative path without `..`",
    "^[^/\\\\\\x00-\\x1f\\x7f][^\\\\\\x00-\\x1f\\x7f]*$",
    1,
    1024,
)
.forbidding(&[("(^|/)[.][.](/|$)", "`..` would leave the project"), ("^[A-Za-z]:", "a drive is outside of the project")]);

/// A command for a shell.
pub(super) static COMMAND: StringPattern =
    StringPattern::new("a command", "one line of at most 2048 characters", "^[^\\x00-\\x1f\\x7f]*$", 1, 2048);

/// An object's key and version (service model of Lambda, S3Key and S3ObjectVersion).
static OBJECT_KEY: StringPattern = StringPattern::new(
    "an object's key",
    "1 to 1024 characters, none of them a control character",
    "^[^\\x00-\\x1f\\x7f]*$",
    1,
    1024,
);

/// A function that exists: a part of what Lambda takes (API reference, AddPermission: FunctionName), without a version or an alias, which
/// are not supported.
static EXISTING: StringPattern = StringPattern::new(
    "a function's name or ARN",
    "a name of at most 64 letters, digits, `-` and `_`, or `arn:aws:lambda:REGION:ACCOUNT:function:NAME`",
    "^(arn:aws:lambda:[a-z]{2}(-[a-z]+)+-[0-9]:[0-9]{12}:function:)?[a-zA-Z0-9_-]{1,64}$",
    1,
    140,
);

choice! {
    /// The source of a function.
    FunctionSource {
        /// The Cargo package whose binary it is; short for `code: { cargo: PACKAGE }`.
        Package(FunctionCode) = "package": text(&PACKAGE).map(|package| Self::Package(FunctionCode::of_package(package)));
        /// In the place of `package`: the code, from one of several sources.
        Code(FunctionCode) = "code": FunctionCode::format().map(Self::Code);
        /// In the place of `package`: the name or ARN of a function that exists and is not managed here. It is called, and never changed.
        Existing(String) = "existing": text(&EXISTING).map(Self::Existing);
    }
}

section! {
    /// `functions.<name>.code`
    FunctionCode {
        /// The source. The semantic checks enforce that there is exactly one.
        source: CodeSource = CodeSource::keys();
        /// With `directory`: a shell command that prepares a copy of the directory, such as `pip install -r requirements.txt -t .`
        build: Option<String> = text(&COMMAND).optional();
        /// With `build`: the directory, below the copy, that the command leaves the result in; the whole copy if absent.
        output: Option<String> = text(&IN_PROJECT).optional();
    }
}

choice! {
    /// Sources of code.
    CodeSource {
        /// A Cargo package whose binary it is.
        Cargo(String) = "cargo": text(&PACKAGE).map(Self::Cargo);
        /// A directory of the project, which is packed as it is or as `build` leaves it.
        Directory(String) = "directory": text(&IN_PROJECT).map(Self::Directory);
        /// A zip file, relative to the project.
        Zip(String) = "zip": text(&FILE).map(Self::Zip);
        /// A zip in a bucket of yours, which stays there.
        S3(S3Code) = "s3": S3Code::format().map(Self::S3);
    }
}

impl FunctionCode {
    /// Returns the code of a Cargo package.
    pub fn of_package(package: String) -> Self {
        Self { source: CodeSource::Cargo(package), build: None, output: None }
    }

    /// Returns the Cargo package, if it is one.
    pub fn package(&self) -> Option<&str> {
        if let CodeSource::Cargo(package) = &self.source { Some(package) } else { None }
    }
}

section! {
    /// `functions.<name>.code.s3`
    S3Code {
        /// The bucket, in the Region of the function.
        bucket: String = text(&BUCKET);
        /// The object's key.
        key: String = text(&OBJECT_KEY);
        /// The version of the object. Without one, give each new zip a key of its own: an exchanged object is not noticed.
        version: Option<String> = text(&OBJECT_KEY).optional();
    }
}
