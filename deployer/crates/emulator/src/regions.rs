//! Accounts and Regions are apart, as on AWS: each pair of them is a world of its own. What belongs to an account whatever the
//! Region, its roles and buckets, is in the account's main world, that of the Region the options name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use crate::request::Service;
use crate::error::AwsError;
use crate::services::iam;
use crate::{Emulator, Failure, Options, AccountState};

/// Where worlds of other accounts and Regions are kept, below the directory of the first one.
const ACCOUNTS: &str = "accounts";

/// What a world knows of the others.
pub(crate) struct RegionSet {
    /// The account.
    pub(crate) account: String,
    /// The Region.
    pub(crate) region: String,
    relatives: Links,
    /// Whether anything was written, since it was opened or before.
    written: AtomicBool,
    /// Held while the world's directory is made.
    beginning: Mutex<()>,
    /// The other worlds, by account and Region; the first one has them all.
    others: Mutex<BTreeMap<(String, String), Arc<Emulator>>>,
}

/// The worlds that another one leans on.
#[derive(Default)]
pub(crate) struct Links {
    /// The first one, which everything is routed by; none in itself.
    home: Option<Weak<Emulator>>,
    /// The account's main one; none in itself.
    main: Option<Weak<Emulator>>,
}

impl Links {
    /// Whether they are those of the first world, which has none.
    pub(crate) fn is_first(&self) -> bool {
        self.home.is_none()
    }
}

impl RegionSet {
    pub(crate) fn new(world: &AccountState, relatives: Links) -> Self {
        let (account, region) = (world.account.clone(), world.region.clone());
        Self {
            account,
            region,
            relatives,
            written: AtomicBool::new(false),
            beginning: Mutex::default(),
            others: Mutex::default(),
        }
    }

    /// Says that something is written.
    pub(crate) fn write(&self) {
        self.written.store(true, Ordering::Release);
    }

    fn is_written(&self) -> bool {
        self.written.load(Ordering::Acquire)
    }

    /// To be held while the world's directory is made, which two calls may want at once.
    pub(crate) fn beginning(&self) -> MutexGuard<'_, ()> {
        self.beginning.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the account's roles are in another world than this.
    pub(crate) fn is_other(&self) -> bool {
        self.relatives.main.is_some()
    }

    /// The account's main world, unless this is it.
    pub(crate) fn main(&self) -> Option<Arc<Emulator>> {
        self.relatives.main.as_ref().and_then(Weak::upgrade)
    }
}

/// Every Region there is, whatever the partition (botocore's `endpoints.json` and `partitions.json`; `model/generate.py`).
static REGIONS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| include_str!("../model/regions.txt").lines().collect());

fn is_region(name: &str) -> bool {
    REGIONS.contains(name)
}

/// A name that is none has no endpoint on AWS. Of a request that reaches one all the same, its signature is refused so.
fn no_region(name: &str) -> AwsError {
    let message = format!("Credential should be scoped to a valid Region, not '{name}'.");
    AwsError::new(403, "SignatureDoesNotMatch", message)
}

fn is_account(name: &str) -> bool {
    name.len() == 12 && name.bytes().all(|digit| digit.is_ascii_digit())
}

impl Emulator {
    fn this(&self) -> Result<Arc<Self>, AwsError> {
        self.runtime.emulator.upgrade().ok_or_else(|| AwsError::internal("the embedded AWS is being closed"))
    }

    /// The first world, by which requests are routed.
    fn home(&self) -> Result<Arc<Self>, AwsError> {
        match &self.family.relatives.home {
            Some(home) => home.upgrade().ok_or_else(|| AwsError::internal("the embedded AWS is being closed")),
            None => self.this(),
        }
    }

    /// Every world there is, the first one first.
    pub(crate) fn everywhere(&self) -> Vec<Arc<Self>> {
        let Ok(home) = self.home() else { return Vec::new() };
        let others: Vec<Arc<Self>> =
            home.family.others.lock().unwrap_or_else(PoisonError::into_inner).values().map(Arc::clone).collect();
        std::iter::once(home).chain(others).collect()
    }

    /// The world in which a request acts that is signed for this service and Region with this key.
    pub(crate) fn signed(&self, service: Service, region: &str, access_key: &str) -> Result<Arc<Self>, AwsError> {
        let home = self.home()?;
        let own = if is_account(access_key) { Some(access_key) } else { iam::account_of(access_key) };
        let account = own.map_or_else(|| home.family.account.clone(), str::to_owned);
        // Roles and buckets are not a Region's. STS and IAM are signed for us-east-1 or for the caller's Region alike.
        let of_account = matches!(service, Service::Iam | Service::Sts | Service::S3);
        if !region.is_empty() && region != home.family.region && !is_region(region) {
            return Err(no_region(region));
        }
        let region = if of_account || region.is_empty() { &home.family.region } else { region };
        home.other(&account, region)
    }

    /// The world of an account and a Region; an empty one is made when it is first asked for, and kept when something is written
    /// in it. Only the first world is asked.
    fn other(self: &Arc<Self>, account: &str, region: &str) -> Result<Arc<Self>, AwsError> {
        let own = &self.family;
        if account == own.account && region == own.region {
            return Ok(Arc::clone(self));
        }
        let main = match account == own.account {
            true => Some(Arc::clone(self)),
            false if region == own.region => None,
            false => Some(self.other(account, &own.region)?),
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
        let relatives = Links { home: Some(Arc::downgrade(self)), main: main.as_ref().map(Arc::downgrade) };
        let made = Self::build(options, None, Arc::clone(&self.ids), relatives);
        let made = made.map_err(|failure| AwsError::internal(failure.to_string()))?;
        if others.len() >= BLANK {
            forget_blank(&mut others);
        }
        others.insert(key, Arc::clone(&made));
        Ok(made)
    }

    /// Opens every world that is kept below `directory`.
    pub(crate) fn open_all_in(self: &Arc<Self>, directory: &Path) -> Result<(), Failure> {
        let names = |directory: &Path| -> Result<Vec<String>, Failure> {
            let entries = match std::fs::read_dir(directory) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
                entries => entries.map_err(|source| Failure::Io { path: directory.to_owned(), source })?,
            };
            Ok(entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
        };
        // What else lies there is not ours.
        for account in names(&directory.join(ACCOUNTS))?.into_iter().filter(|name| is_account(name)) {
            for region in names(&directory.join(ACCOUNTS).join(&account))?.into_iter().filter(|name| is_region(name)) {
                self.other(&account, &region).map_err(|refusal| Failure::State(refusal.message))?;
            }
        }
        Ok(())
    }

    /// Whether another account than this one's has a bucket of this name: names are unique among all.
    pub(crate) fn bucket_is_elsewhere(&self, name: &str) -> bool {
        let others = self.everywhere().into_iter().filter(|one| one.family.account != self.family.account);
        others.filter(|one| one.family.main().is_none()).any(|one| one.world().s3.has(name))
    }
}

/// More worlds than this in which nothing has been written are not kept in memory either.
const BLANK: usize = 1000;

/// Lets go of the accounts in which nothing has been written and which nobody is looking at. An account goes as a whole,
/// because its worlds lean on its main one.
fn forget_blank(others: &mut BTreeMap<(String, String), Arc<Emulator>>) {
    let in_use = |one: &Arc<Emulator>| one.family.is_written() || Arc::strong_count(one) > 1;
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
    async fn another_region_goes_by_the_roles_that_are_on_the_disk_and_by_no_others() {
        let (home, elsewhere) = (home(), home());
        assert!(iam(&elsewhere, "111122223333", ROLE).await.is_success());
        let there = home.other("111122223333", "us-west-2").expect("a Region");
        // As while the entry with the role is being written.
        home.worlds.head().iam = elsewhere.world().iam;
        let known = async || {
            let arn = "arn:aws:iam::111122223333:role/convert";
            let later = time::OffsetDateTime::now_utc() + Duration::from_secs(60);
            there.change(|world| Ok::<_, AwsError>(world.iam.role_usable(arn, "lambda.amazonaws.com", later))).await
        };
        assert!(!known().await.expect("an answer"), "it may still be lost");
        let written = home.worlds.head().clone();
        home.worlds.settle(written);
        assert!(known().await.expect("an answer"));
    }

    #[tokio::test]
    async fn accounts_that_are_looked_at_and_not_written_in_do_not_fill_the_memory() {
        let home = home();
        assert!(iam(&home, "444455556666", ROLE).await.is_success());
        let held = home.other("777788889999", "eu-west-1").expect("a Region");
        for n in 0..3 * BLANK {
            home.other(&format!("{n:012}"), "us-east-1").expect("an account");
        }
        assert!(home.everywhere().len() <= BLANK + 5);
        let again = home.other("444455556666", "us-east-1").expect("an account");
        assert!(again.world().iam.role_id("convert").is_some(), "what is written is kept");
        assert!(Arc::ptr_eq(&held, &home.other("777788889999", "eu-west-1").expect("a Region")), "and what is in use");
        assert!(held.family.main().is_some(), "with what it leans on");
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
