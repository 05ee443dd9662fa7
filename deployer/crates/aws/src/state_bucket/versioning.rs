//! The check that the bucket has versioning: without old versions, an overwritten state cannot be recovered.

use std::time::Duration;

use aws_sdk_s3::types::BucketVersioningStatus;
use deployer_engine::{Error, ErrorClass, Result};

use super::StateBucket;
use crate::operation::Operation;

/// Time during which the check is retried.
const RETRY_LIMIT: Duration = Duration::from_secs(2 * 60);

impl StateBucket {
    /// Returns the error of every command that finds no bucket.
    pub(super) fn missing_bucket_error(&self) -> Error {
        let (bucket, account, environment) = (&self.config.bucket, &self.config.account, &self.config.environment);
        let error = Error::new(ErrorClass::NotFound, format!("there is no bucket {bucket} for the state in account {account}"));
        error.with_help(match self.config.in_own_account {
            true => format!("run `deployer bootstrap --env {environment}`"),
            false => format!("create it with credentials of account {account}: private, versioned and encrypted"),
        })
    }

    /// Checks, before an environment's `first` lease, whether the bucket has versioning, and reports one that does not.
    pub(super) async fn check_versioning(&self, first: bool) -> Result<()> {
        if !first {
            return Ok(());
        }
        let (bucket, owner) = (&self.config.bucket, &self.config.account);
        let request = || self.s3.get_bucket_versioning().bucket(bucket).expected_bucket_owner(owner).send();
        match self.with_retry(Operation::read("s3", "GetBucketVersioning"), RETRY_LIMIT, request).await {
            Ok(answer) if answer.status == Some(BucketVersioningStatus::Enabled) => {}
            Ok(_) => self.tell(
                "does not keep old versions, so an overwritten or deleted state cannot be brought back: turn its versioning on",
            ),
            // The state can be stored without this check.
            Err(error) if error.class == ErrorClass::Denied => self.tell(
                "whether it keeps old versions could not be checked, without which an overwritten state cannot be brought back: \
                 allow s3:GetBucketVersioning on the bucket",
            ),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
