//! Accounts and Regions are apart, as on AWS: each pair of them is a world of its own. What belongs to an account whatever the
//! Region, its roles, sessions and buckets, is in the account's main world, that of the Region the options name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::call::Service;
use crate::refusal::Refusal;
use crate::{Emulator, Failure, Options, World};

/// Where worlds of other accounts and Regions are kept, below the directory of the first one.
const ACCOUNTS: &str = "accounts";

/// What a world knows of the others.
pub(crate) struct Family {
    /// The account.
    pub(crate) account: String,
    /// The Region.
    pub(crate) region: String,
    directory: Option<PathBuf>,
    relatives: Relatives,
    /// The other worlds, by account and Region; the first one has them all.
    others: Mutex<BTreeMap<(String, String), Arc<Emulator>>>,
}

/// The worlds that another one leans on.
#[derive(Default)]
pub(crate) struct Relatives {
    /// The first one, which everything is routed by; none in itself.
    home: Option<Weak<Emulator>>,
    /// The account's main one; none in itself.
    main: Option<Weak<Emulator>>,
}

impl Family {
    pub(crate) fn new(world: &World, directory: Option<PathBuf>, relatives: Relatives) -> Self {
        let (account, region) = (world.account.clone(), world.region.clone());
        Self { account, region, directory, relatives, others: Mutex::default() }
    }

    /// The account's main world, unless this is it.
    pub(crate) fn main(&self) -> Option<Arc<Emulator>> {
        self.relatives.main.as_ref().and_then(Weak::upgrade)
    }
}

/// Whether this is written as Regions are: `us-east-1`, `us-gov-west-1`. There are more such names than Regions.
fn is_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let letters = |part: &&str| (2..=10).contains(&part.len()) && part.bytes().all(|letter| letter.is_ascii_lowercase());
    let Some((number, words)) = parts.split_last() else { return false };
    (2..=3).contains(&words.len()) && words.iter().all(letters) && number.len() == 1 && number.bytes().all(|n| n.is_ascii_digit())
}

fn is_account(name: &str) -> bool {
    name.len() == 12 && name.bytes().all(|digit| digit.is_ascii_digit())
}

impl Emulator {
    fn this(&self) -> Result<Arc<Self>, Refusal> {
        self.runtime.emulator.upgrade().ok_or_else(|| Refusal::internal("the embedded AWS is being closed"))
    }

    /// The first world, by which requests are routed.
    fn home(&self) -> Result<Arc<Self>, Refusal> {
        match &self.family.relatives.home {
            Some(home) => home.upgrade().ok_or_else(|| Refusal::internal("the embedded AWS is being closed")),
            None => self.this(),
        }
    }

    /// The world that has this account's roles.
    pub(crate) fn identity(&self) -> Result<Arc<Self>, Refusal> {
        self.family.main().map_or_else(|| self.this(), Ok)
    }

    /// Every world there is, the first one first.
    pub(crate) fn everywhere(&self) -> Vec<Arc<Self>> {
        let Ok(home) = self.home() else { return Vec::new() };
        let others: Vec<Arc<Self>> =
            home.family.others.lock().unwrap_or_else(PoisonError::into_inner).values().map(Arc::clone).collect();
        std::iter::once(home).chain(others).collect()
    }

    /// The world in which a request acts that is signed for this service and Region with this key.
    pub(crate) fn signed(&self, service: Service, region: &str, access_key: &str) -> Result<Arc<Self>, Refusal> {
        let home = self.home()?;
        let account = if is_account(access_key) {
            access_key.to_owned()
        } else {
            let has = |one: &Arc<Self>| one.family.main().is_none() && one.world().iam.has_session(access_key);
            let main = self.everywhere().into_iter().find(has);
            main.map_or_else(|| home.family.account.clone(), |main| main.family.account.clone())
        };
        // Roles and buckets are not a Region's. STS and IAM are signed for us-east-1 or for the caller's Region alike.
        let of_account = matches!(service, Service::Iam | Service::Sts | Service::S3);
        let region = if of_account || region.is_empty() { &home.family.region } else { region };
        home.other(&account, region)
    }

    /// The world of an account and a Region; an empty one is made when it is first asked for. Only the first world is asked.
    fn other(self: &Arc<Self>, account: &str, region: &str) -> Result<Arc<Self>, Refusal> {
        let own = &self.family;
        if account == own.account && region == own.region {
            return Ok(Arc::clone(self));
        }
        if !is_region(region) {
            let message = format!("Credential should be scoped to a valid Region, not '{region}'.");
            return Err(Refusal::new(403, "SignatureDoesNotMatch", message));
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
            directory: own.directory.as_ref().map(|directory| directory.join(ACCOUNTS).join(account).join(region)),
            account: account.to_owned(),
            region: region.to_owned(),
            clock: Arc::clone(&self.clock),
            speed: self.speed,
            seed: None,
            limits: self.limits.clone(),
        };
        let relatives = Relatives { home: Some(Arc::downgrade(self)), main: main.as_ref().map(Arc::downgrade) };
        let made = Self::build(options, None, Arc::clone(&self.ids), relatives);
        let made = made.map_err(|failure| Refusal::internal(failure.to_string()))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_written_as_a_region_is_one() {
        for region in ["us-east-1", "eu-central-2", "us-gov-west-1", "ap-southeast-7"] {
            assert!(is_region(region), "{region}");
        }
        for word in ["", "aaaa1", "us-east", "us-east-10", "us--1", "../..", "US-EAST-1", ".DS_Store", "a-b-1", "us-east-1-x-y-2"]
        {
            assert!(!is_region(word), "{word}");
        }
    }
}
