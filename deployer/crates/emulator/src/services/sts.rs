//! STS: who calls. It holds nothing of its own; sessions are IAM's.

use crate::call::{Call, Principal, Surroundings};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::world::World;

pub(crate) const OPERATIONS: &[&str] = &["GetCallerIdentity"];

pub(crate) fn serve(world: &mut World, call: &Call, _: &Surroundings<'_>) -> Result<Reply, Refusal> {
    let account = &world.account;
    let (arn, user) = match &call.principal {
        Principal::Account => (format!("arn:aws:iam::{account}:root"), account.clone()),
        Principal::Role { role, session } => (
            format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"),
            format!("{}:{session}", world.iam.role_id(role).unwrap_or_default()),
        ),
        Principal::Judged => {
            let (role, session) = super::iam::JUDGED;
            (format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"), format!("AROAJUDGED:{session}"))
        }
    };
    Ok(Reply::query(format!("<Arn>{arn}</Arn><UserId>{user}</UserId><Account>{account}</Account>")))
}
