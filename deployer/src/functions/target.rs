//! Compilation targets of functions.

/// Version of glibc in the runtime `provided.al2023` (Amazon Linux 2023 release notes: glibc 2.34).
pub(crate) const RUNTIME_GLIBC_VERSION: &str = "2.34";

/// Compilation targets of functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Target {
    /// This machine, where the embedded AWS runs them.
    Host,
    /// Lambda on x86_64.
    LambdaX86,
    /// Lambda on arm64.
    LambdaArm,
}

impl Target {
    /// Returns the cargo profile. For AWS it optimizes size and start-up; for this machine it is the one that `cargo run` and `cargo test`
    /// use, so that hardly anything is left to compile.
    pub(super) fn profile(self) -> &'static str {
        match self {
            Self::Host => "dev",
            Self::LambdaX86 | Self::LambdaArm => "function",
        }
    }

    /// Returns the target's name in file names.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::LambdaX86 => "lambda-x86_64",
            Self::LambdaArm => "lambda-arm64",
        }
    }

    pub(super) fn triple(self) -> &'static str {
        match self {
            Self::LambdaArm => "aarch64-unknown-linux-gnu",
            _ => "x86_64-unknown-linux-gnu",
        }
    }

    /// Whether code compiled for this machine runs on the target.
    pub(super) fn is_host(self) -> bool {
        let here = (std::env::consts::OS, std::env::consts::ARCH);
        match self {
            Self::Host => true,
            Self::LambdaX86 => here == ("linux", "x86_64"),
            Self::LambdaArm => here == ("linux", "aarch64"),
        }
    }
}
