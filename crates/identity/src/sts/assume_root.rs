//! AssumeRoot: a session of the root user of a member account, for one task of AWS's list.
//!
//! The task's policy denies all but the task and allows nothing itself: the root user needs no
//! allow. The gateway reads it that way for sessions of root alone.
//! AWS: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html>

use api::Structure;
use api::sts::{AssumeRootRequest, AssumeRootResponse};
use gateway::{AccountId, Caller, Cx, Error, ROOT_TASKS, Resource, Session};

use super::session::{self, Packed};
use crate::{arn, organization};

const DURATION_DEFAULT: i32 = 900;

/// The root user that is asked for. The decision is the caller's account's: no policy of the member
/// names who may.
pub fn member_root(_: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let target = input.text("TargetPrincipal").unwrap_or_default();
    Ok(Resource::arn(match member(target) {
        Some(account) => arn::root(account),
        None => target.to_owned(),
    }))
}

/// The root user of the management account cannot call it.
pub fn assume_root(cx: &mut Cx<'_>, input: AssumeRootRequest) -> Result<AssumeRootResponse, Error> {
    let task_arn = input.task_policy_arn.arn.unwrap_or_default();
    let (_, policy_arns) = {
        let named = api::sts::PolicyDescriptorType { arn: Some(task_arn.clone()) };
        session::policies(cx, cx.account(), None, Some(&[named]))?
    };
    let task = task_arn.strip_prefix(ROOT_TASKS).unwrap_or_default();
    let account = member(&input.target_principal).filter(|_| !cx.caller().is_root());
    let account = match account {
        Some(account) if organization::reaches(cx, account, task)? => account,
        _ => return Err(denied(cx, &input.target_principal)),
    };
    let issued = cx.now().as_seconds();
    let duration = input.duration_seconds.unwrap_or(DURATION_DEFAULT);
    let from = cx.caller().session.as_ref();
    let source_identity = from.and_then(|session| session.source_identity.clone());
    let session = Session {
        issued,
        expires: issued.saturating_add(i64::from(duration)),
        policy_arns,
        source_identity: source_identity.clone(),
        ..Session::default()
    };
    let caller = Caller { session: Some(session), ..Caller::root(account) };
    let minimum = input.minimum_session_token_size;
    let (credentials, _) = session::credentials(cx, account, caller, Packed::Nothing, minimum)?;
    Ok(AssumeRootResponse {
        credentials: Some(credentials),
        source_identity,
        ..AssumeRootResponse::default()
    })
}

/// Twelve digits, or the root user's ARN.
fn member(target: &str) -> Option<AccountId> {
    let digits = target.strip_prefix("arn:aws:iam::").and_then(|rest| rest.strip_suffix(":root"));
    AccountId::parse(digits.unwrap_or(target))
}

fn denied(cx: &Cx<'_>, target: &str) -> Error {
    let target = member(target).map_or_else(|| target.to_owned(), arn::root);
    let caller = cx.caller_arn();
    Error::access_denied(format!(
        "User: {caller} is not authorized to perform: sts:AssumeRoot on resource: {target}"
    ))
}
