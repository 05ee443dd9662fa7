//! An empty account in memory, a clock that stands still until told, and a real SDK configuration whose other end it is.
// Every test binary uses a part of it only.
#![allow(dead_code)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use deployer_emulator::front::sdk::http_client;
use deployer_emulator::{Clock, Emulator, Options};
use futures::future::BoxFuture;
use time::OffsetDateTime;
use time::macros::datetime;

/// A clock that its owner moves; whoever sleeps moves it too.
pub(crate) struct Still(Mutex<OffsetDateTime>);

impl Clock for Still {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().expect("nobody panics holding it")
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.advance(duration);
        Box::pin(std::future::ready(()))
    }
}

impl Still {
    pub(crate) fn advance(&self, duration: Duration) {
        *self.0.lock().expect("nobody panics holding it") += duration;
    }
}

pub(crate) struct Fresh {
    pub(crate) emulator: Arc<Emulator>,
    pub(crate) clock: Arc<Still>,
    pub(crate) config: SdkConfig,
}

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-central-1";

pub(crate) fn fresh() -> Fresh {
    fresh_with(|_| ())
}

/// The same, set up otherwise.
pub(crate) fn fresh_with(change: impl FnOnce(&mut Options)) -> Fresh {
    let clock = Arc::new(Still(Mutex::new(datetime!(2026-11-23 10:00 UTC))));
    let mut options = Options {
        directory: None,
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        speed: 1.0,
        seed: Some(7),
        limits: Default::default(),
    };
    change(&mut options);
    let emulator = Emulator::open(options).expect("a world in memory opens");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test")))
        .http_client(http_client(Arc::clone(&emulator)))
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .build();
    Fresh { emulator, clock, config }
}
