//! Shared arguments: `--lock-timeout` for an environment in use by another run, and the guards of deletions and replacements.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use deployer_engine::{Address, CancellationToken, Engine, Error, ErrorClass, Graph, Selection};

use crate::failure::{Exit, Failure};

#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct LockArgs {
    /// Wait up to this long while another run uses the environment, for example `30s`, `5m` or `1h`; by default the command fails at once.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0s", hide_default_value = true)]
    pub(crate) lock_timeout: Duration,
}

/// `--delete-instance`, `--release-numbers`, `--over-quota`: deletions and creations that need an explicit flag.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct DestroyGuards {
    /// Delete the Connect instance despite `deletion_protection`: its phone numbers, users and settings are lost for good.
    #[arg(long)]
    delete_instance: bool,
    /// Release phone numbers even without `release: true` in the spec; AWS blocks them from being claimed again for up to 180 days.
    #[arg(long)]
    release_numbers: bool,
    /// Proceed beyond AWS's creation quotas (100 Connect instances in 30 days, 10 phone numbers in 180): for accounts whose quota AWS has
    /// raised. AWS locks an account that goes beyond.
    #[arg(long)]
    pub(crate) over_quota: bool,
}

/// `--functions`: directory of prebuilt functions.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Prebuilt {
    /// Use the executables that `deployer build --out DIRECTORY` has written to this directory, and compile nothing.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) functions: Option<PathBuf>,
}

/// `--replace`: resources whose replacement is forced.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ReplaceArgs {
    /// Force replacement of the resource with this address, for example `user.admin`, whose password is lost: the old resource is deleted
    /// with everything in it. May be given more than once.
    #[arg(long = "replace", value_name = "ADDRESS", value_parser = address)]
    addresses: Vec<Address>,
}

impl ReplaceArgs {
    /// Returns the addresses.
    pub(crate) fn addresses(&self) -> BTreeSet<Address> {
        self.addresses.iter().cloned().collect()
    }

    /// Returns the given flags as they are written.
    pub(crate) fn flags(&self) -> BTreeSet<String> {
        self.addresses.iter().map(|address| format!("--replace {address}")).collect()
    }

    /// Rejects addresses that are not in the spec.
    pub(crate) fn check(&self, graph: &Graph) -> Result<(), Failure> {
        match self.addresses.iter().find(|address| !graph.nodes.contains_key(*address)) {
            None => Ok(()),
            Some(address) => {
                let meant = deployer_spec::closest(address.as_str(), graph.nodes.keys().map(Address::as_str));
                let meant = meant.map(|meant| format!("did you mean {meant}? ")).unwrap_or_default();
                Err(Failure::input(format!("--replace {address}: the spec has no resource with this address"))
                    .help(format!("{meant}`deployer plan --verbose` and `deployer state list` show the addresses")))
            }
        }
    }
}

/// `--target`, `--exclude`: the resources that a run may change.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct SelectArgs {
    /// Change only the resource with this address, such as `function.greet`, and what its change needs: what it depends on, or what depends
    /// on it if it is deleted or replaced. May be given more than once.
    #[arg(long = "target", value_name = "ADDRESS", value_parser = address)]
    targets: Vec<Address>,
    /// Do not change the resource with this address, nor anything whose change needs it. May be given more than once.
    #[arg(long = "exclude", value_name = "ADDRESS", value_parser = address)]
    excludes: Vec<Address>,
}

impl SelectArgs {
    /// Returns the selection.
    pub(crate) fn selection(&self) -> Selection {
        Selection { targets: self.targets.iter().cloned().collect(), excludes: self.excludes.iter().cloned().collect() }
    }

    /// Returns the given flags as they are written.
    pub(crate) fn flags(&self) -> BTreeSet<String> {
        let targets = self.targets.iter().map(|address| format!("--target {address}"));
        targets.chain(self.excludes.iter().map(|address| format!("--exclude {address}"))).collect()
    }

    /// Rejects addresses that are neither in the spec nor in the state.
    pub(crate) async fn check(&self, graph: &Graph, engine: &Engine) -> Result<(), Failure> {
        let named = self.targets.iter().map(|address| ("--target", address));
        let named: Vec<_> = named.chain(self.excludes.iter().map(|address| ("--exclude", address))).collect();
        for (flag, address) in &named {
            let is_former =
                |node: &&Address| !graph.nodes.contains_key(*address) && graph.former_addresses(node).contains(address);
            if let Some(now) = graph.nodes.keys().find(is_former) {
                return Err(
                    Failure::input(format!("{flag} {address}: the resource is called {now} now")).help(format!("{flag} {now}"))
                );
            }
        }
        if named.iter().all(|(_, address)| graph.nodes.contains_key(*address)) {
            return Ok(());
        }
        let state = engine.state().await?;
        let recorded = state.iter().flat_map(|state| {
            let replaced = state.superseded.iter().map(|old| &old.address);
            let pending = state.intent.iter().flat_map(|intent| intent.pending.keys());
            state.resources.keys().chain(replaced).chain(pending)
        });
        let known: BTreeSet<&Address> = graph.nodes.keys().chain(recorded).collect();
        match named.into_iter().find(|(_, address)| !known.contains(address)) {
            None => Ok(()),
            Some((flag, address)) => {
                let message = format!("{flag} {address}: neither the spec nor the state has a resource with this address");
                Err(Failure::input(message).suggest(address.as_str(), known.into_iter().map(Address::as_str)))
            }
        }
    }
}

pub(super) fn address(text: &str) -> Result<Address, String> {
    Address::parse(text).ok_or_else(|| format!("`{text}` is not an address, such as user.admin"))
}

impl DestroyGuards {
    /// Returns the given flags as they are written.
    pub(crate) fn flags(self) -> BTreeSet<String> {
        let flags = [
            (self.delete_instance, "--delete-instance"),
            (self.release_numbers, "--release-numbers"),
            (self.over_quota, "--over-quota"),
        ];
        flags.into_iter().filter(|(given, _)| *given).map(|(_, flag)| flag.to_owned()).collect()
    }

    /// Returns the resource types whose resources may be deleted.
    pub(crate) fn types(self) -> BTreeSet<String> {
        let types = [(self.delete_instance, "connect.instance"), (self.release_numbers, "connect.phone_number")];
        types.into_iter().filter(|(asked, _)| *asked).map(|(_, name)| name.to_owned()).collect()
    }
}

/// Parses a whole number of seconds, minutes or hours with its unit.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time; write a whole number with s, m or h behind it, for example 30s or 5m");
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let seconds = number.checked_mul(unit).filter(|seconds| *seconds <= 7 * 24 * 60 * 60);
    seconds.map(Duration::from_secs).ok_or_else(|| format!("`{text}` is more than a week"))
}

/// Converts the error of a run; a run that was cancelled before it changed anything is reported as interrupted.
pub(crate) fn stopped(error: Error, interrupt: &CancellationToken) -> Failure {
    let asked = error.class == ErrorClass::Interrupted && interrupt.is_cancelled();
    let failure = Failure::from(error);
    if asked { Failure { exit: Exit::Interrupted, ..failure } } else { failure }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_a_number_with_its_unit() {
        for (text, seconds) in [("0s", 0), ("30s", 30), ("5m", 300), ("2h", 7200)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)));
        }
        for wrong in ["", "5", "m", "-5m", "5 m", "5mm", "1.5m", "5d", "٣s", "99999999999999999999s", "9999999999999999h", "169h"]
        {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
