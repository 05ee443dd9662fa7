//! Isolation of accounts and Regions, as on AWS: each pair has a state of its own. Resources of an account without a Region, its roles and
//! buckets, are in the account's primary state, that of the Region in the options.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use crate::error::AwsError;
use crate::request::Service;
use crate::services::iam;
use crate::{AccountState, Emulator, Failure, Options};

/// Directory of other accounts and Regions, below that of the root.
const ACCOUNTS: &str = "accounts";

/// Links from one state to the others.
pub(crate) struct RegionSet {
    /// Account ID.
    pub(crate) account: String,
    /// Region name.
    pub(crate) region: String,
    links: Links,
    /// Whether anything has been written, since it was opened or before.
    written: AtomicBool,
    /// Lock held while the state's directory is created.
    beginning: Mutex<()>,
    /// Other states by account and Region; only the root has them.
    others: Mutex<BTreeMap<(String, String), Arc<Emulator>>>,
}

/// States that another one depends on.
#[derive(Default)]
pub(crate) struct Links {
    /// Root, which routes every request; `None` in the root itself.
    root: Option<Weak<Emulator>>,
    /// Primary state of the account; `None` in the primary itself.
    primary: Option<Weak<Emulator>>,
}

impl Links {
    /// Whether these are the links of the root, which has none.
    pub(crate) fn is_root(&self) -> bool {
        self.root.is_none()
    }
}

impl RegionSet {
    pub(crate) fn new(world: &AccountState, relatives: Links) -> Self {
        let (account, region) = (world.account.clone(), world.region.clone());
        Self {
            account,
            region,
            links: relatives,
            written: AtomicBool::new(false),
            beginning: Mutex::default(),
            others: Mutex::default(),
        }
    }

    /// Records that something is written.
    pub(crate) fn write(&self) {
        self.written.store(true, Ordering::Release);
    }

    pub(crate) fn is_written(&self) -> bool {
        self.written.load(Ordering::Acquire)
    }

    /// Locks the creation of the state's directory, which two requests may need at once.
    pub(crate) fn lock_creation(&self) -> MutexGuard<'_, ()> {
        self.beginning.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the account's roles are in another state than this one.
    pub(crate) fn is_secondary(&self) -> bool {
        self.links.primary.is_some()
    }

    /// Returns the account's primary state, unless this is it.
    pub(crate) fn primary(&self) -> Option<Arc<Emulator>> {
        self.links.primary.as_ref().and_then(Weak::upgrade)
    }
}

/// All Regions of all partitions (botocore's `endpoints.json` and `partitions.json`; `model/generate.py`).
static REGIONS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| include_str!("../model/regions.txt").lines().collect());

fn is_region(name: &str) -> bool {
    REGIONS.contains(name)
}

/// Returns the error for an unknown Region. Such a name has no endpoint on AWS; the signature of a request that still arrives is rejected
/// in this way.
fn no_region(name: &str) -> AwsError {
    let message = format!("Credential should be scoped to a valid Region, not '{name}'.");
    AwsError::new(403, "SignatureDoesNotMatch", message)
}

fn is_account(name: &str) -> bool {
    name.len() == 12 && name.bytes().all(|digit| digit.is_ascii_digit())
}

impl Emulator {
    pub(crate) fn this(&self) -> Result<Arc<Self>, AwsError> {
        self.this.upgrade().ok_or_else(|| AwsError::internal("the embedded AWS is being closed"))
    }

    /// Returns the root, which routes requests.
    pub(crate) fn root(&self) -> Result<Arc<Self>, AwsError> {
        match &self.regions.links.root {
            Some(home) => home.upgrade().ok_or_else(|| AwsError::internal("the embedded AWS is being closed")),
            None => self.this(),
        }
    }

    /// Returns all states, the root first.
    pub(crate) fn all_emulators(&self) -> Vec<Arc<Self>> {
        let Ok(home) = self.root() else { return Vec::new() };
        let others: Vec<Arc<Self>> =
            home.regions.others.lock().unwrap_or_else(PoisonError::into_inner).values().map(Arc::clone).collect();
        std::iter::once(home).chain(others).collect()
    }

    /// Returns the state in which a request acts that is signed for this service and Region with this access key.
    pub(crate) fn for_signature(&self, service: Service, region: &str, access_key: &str) -> Result<Arc<Self>, AwsError> {
        let home = self.root()?;
        let own = if is_account(access_key) { Some(access_key) } else { iam::account_of(access_key) };
        let account = own.map_or_else(|| home.regions.account.clone(), str::to_owned);
        // Roles and buckets do not belong to a Region. STS and IAM are signed for us-east-1 or for the caller's Region.
        let of_account = crate::registry::info(service).is_global;
        if !region.is_empty() && region != home.regions.region && !is_region(region) {
            return Err(no_region(region));
        }
        let region = if of_account || region.is_empty() { &home.regions.region } else { region };
        home.for_account_and_region(&account, region)
    }

    /// Returns the state of an account and a Region; an empty one is created at the first request and stored at the first write. Called on
    /// the root only.
    fn for_account_and_region(self: &Arc<Self>, account: &str, region: &str) -> Result<Arc<Self>, AwsError> {
        let own = &self.regions;
        if account == own.account && region == own.region {
            return Ok(Arc::clone(self));
        }
        let main = match account == own.account {
            true => Some(Arc::clone(self)),
            false if region == own.region => None,
            false => Some(self.for_account_and_region(account, &own.region)?),
        };
        let key = (account.to_owned(), region.to_owned());
        let mut others = own.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = others.get(&key) {
            return Ok(Arc::clone(there));
        }
        let options = Options {
            directory: self.directory.as_ref().map(|directory| directory.join(ACCOUNTS).join(account).join(region)),
            account: account.to_owned(),
            region: region.to_owned(),
            clock: Arc::clone(&self.clock),
            speed: self.speed,
            seed: None,
            limits: self.limits.clone(),
        };
        let relatives = Links { root: Some(Arc::downgrade(self)), primary: main.as_ref().map(Arc::downgrade) };
        let made = Self::build(options, None, Arc::clone(&self.ids), relatives);
        let made = made.map_err(|failure| AwsError::internal(failure.to_string()))?;
        if others.len() >= MAX_UNWRITTEN {
            evict_unwritten(&mut others);
        }
        others.insert(key, Arc::clone(&made));
        Ok(made)
    }

    /// Opens every state that is stored below `directory`.
    pub(crate) fn open_all_in(self: &Arc<Self>, directory: &Path) -> Result<(), Failure> {
        let names = |directory: &Path| -> Result<Vec<String>, Failure> {
            let entries = match std::fs::read_dir(directory) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
                entries => entries.map_err(|source| Failure::Io { path: directory.to_owned(), source })?,
            };
            Ok(entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
        };
        // Ignores other files and directories.
        for account in names(&directory.join(ACCOUNTS))?.into_iter().filter(|name| is_account(name)) {
            for region in names(&directory.join(ACCOUNTS).join(&account))?.into_iter().filter(|name| is_region(name)) {
                self.for_account_and_region(&account, &region).map_err(|refusal| Failure::State(refusal.message))?;
            }
        }
        Ok(())
    }

    /// Whether another account has a bucket of this name: bucket names are unique across all accounts.
    pub(crate) fn bucket_is_elsewhere(&self, name: &str) -> bool {
        let others = self.all_emulators().into_iter().filter(|one| one.regions.account != self.regions.account);
        others.filter(|one| one.regions.primary().is_none()).any(|one| one.account_state().s3.has(name))
    }
}

/// Maximum number of states without any write that are kept in memory.
const MAX_UNWRITTEN: usize = 1000;

/// Drops the accounts without any write and without users. An account is dropped as a whole, because its states depend on its primary one.
fn evict_unwritten(others: &mut BTreeMap<(String, String), Arc<Emulator>>) {
    let in_use = |one: &Arc<Emulator>| one.regions.is_written() || Arc::strong_count(one) > 1;
    let used: BTreeSet<String> = others.iter().filter(|(_, one)| in_use(one)).map(|((account, _), _)| account.clone()).collect();
    others.retain(|(account, _), _| used.contains(account));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::SystemClock;

    fn home() -> Arc<Emulator> {
        let options = Options {
            directory: None,
            account: "111122223333".to_owned(),
            region: "us-east-1".to_owned(),
            clock: Arc::new(SystemClock),
            speed: 1e9,
            seed: None,
            limits: Default::default(),
        };
        Emulator::open(options).expect("a world in memory opens")
    }

    async fn iam(emulator: &Emulator, account: &str, body: &str) -> http::StatusCode {
        let scope = format!("AWS4-HMAC-SHA256 Credential={account}/20261123/us-east-1/iam/aws4_request, Signature=x");
        let request = http::Request::post("/").header("authorization", scope).body(bytes::Bytes::from(body.to_owned()));
        emulator.handle(request.expect("a request")).await.status()
    }

    const ROLE: &str = "Action=CreateRole&Version=2010-05-08&RoleName=convert&AssumeRolePolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";

    #[tokio::test]
    async fn other_region_uses_only_committed_roles() {
        let (home, elsewhere) = (home(), home());
        assert!(iam(&elsewhere, "111122223333", ROLE).await.is_success());
        let there = home.for_account_and_region("111122223333", "us-west-2").expect("a Region");
        // As while the entry with the role is being written.
        home.history.head().iam = elsewhere.account_state().iam;
        let known = async || {
            let arn = "arn:aws:iam::111122223333:role/convert";
            let later = time::OffsetDateTime::now_utc() + Duration::from_secs(60);
            there.change(|world| Ok::<_, AwsError>(world.iam.can_assume_role(arn, "lambda.amazonaws.com", later))).await
        };
        assert!(!known().await.expect("an answer"), "it may still be lost");
        let written = home.history.head().clone();
        home.history.commit(written);
        assert!(known().await.expect("an answer"));
    }

    #[tokio::test]
    async fn accounts_without_writes_do_not_fill_memory() {
        let home = home();
        assert!(iam(&home, "444455556666", ROLE).await.is_success());
        let held = home.for_account_and_region("777788889999", "eu-west-1").expect("a Region");
        for n in 0..3 * MAX_UNWRITTEN {
            home.for_account_and_region(&format!("{n:012}"), "us-east-1").expect("an account");
        }
        assert!(home.all_emulators().len() <= MAX_UNWRITTEN + 5);
        let again = home.for_account_and_region("444455556666", "us-east-1").expect("an account");
        assert!(again.account_state().iam.role_id("convert").is_some(), "what is written is kept");
        assert!(
            Arc::ptr_eq(&held, &home.for_account_and_region("777788889999", "eu-west-1").expect("a Region")),
            "and what is in use"
        );
        assert!(held.regions.primary().is_some(), "with what it leans on");
    }

    #[test]
    fn only_the_regions_that_there_are_are_regions() {
        for region in ["us-east-1", "eu-central-2", "us-gov-west-1", "ap-southeast-7", "cn-north-1"] {
            assert!(is_region(region), "{region}");
        }
        let none = [
            "",
            "us-east",
            "us-east-10",
            "us-east-9",
            "xx-nowhere-1",
            "aws-global",
            "../..",
            "US-EAST-1",
            ".DS_Store",
            "us-east-1\n",
        ];
        for word in none {
            assert!(!is_region(word), "{word}");
        }
    }
}
