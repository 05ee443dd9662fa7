//! An empty account in memory with a manual clock, and a real SDK configuration that is connected to it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use deployer_emulator::server::sdk::http_client;
use deployer_emulator::{Clock, Emulator, Options};
use futures::future::BoxFuture;
use time::OffsetDateTime;
use time::macros::datetime;

/// A manual clock; sleeping advances it too.
pub(crate) struct ManualClock(Mutex<OffsetDateTime>);

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().expect("nobody panics holding it")
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.advance(duration);
        Box::pin(std::future::ready(()))
    }
}

impl ManualClock {
    pub(crate) fn advance(&self, duration: Duration) {
        *self.0.lock().expect("nobody panics holding it") += duration;
    }
}

pub(crate) struct TestEmulator {
    pub(crate) emulator: Arc<Emulator>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) config: SdkConfig,
}

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-central-1";

pub(crate) fn fresh() -> TestEmulator {
    fresh_with(|_| ())
}

/// Creates an account with changed options.
pub(crate) fn fresh_with(change: impl FnOnce(&mut Options)) -> TestEmulator {
    let clock = Arc::new(ManualClock(Mutex::new(datetime!(2026-11-23 10:00 UTC))));
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
    TestEmulator { emulator, clock, config }
}

/// Returns a recording that Connect can play, with this duration of silence.
pub(crate) fn silence(milliseconds: u32) -> Vec<u8> {
    let samples = milliseconds * 8;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + samples).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    bytes.extend([7u16, 1].map(u16::to_le_bytes).concat());
    bytes.extend([8_000u32, 8_000].map(u32::to_le_bytes).concat());
    bytes.extend([1u16, 8].map(u16::to_le_bytes).concat());
    bytes.extend(b"data");
    bytes.extend(samples.to_le_bytes());
    bytes.resize(bytes.len() + samples as usize, 0xff);
    bytes
}
