//! SetStackPolicy and GetStackPolicy.
//!
//! AWS: API reference, SetStackPolicy, GetStackPolicy.

use api::cloudformation::{
    GetStackPolicyInput, GetStackPolicyOutput, SetStackPolicyInput, SetStackPolicyResponse,
    StackStatus,
};
use gateway::{Cx, Error};

use super::find;
use crate::error;
use crate::stack_policy;
use crate::stored;
use crate::tables::{CURRENT, POLICIES, StackKey};

pub fn set_stack_policy(
    cx: &mut Cx<'_>,
    input: SetStackPolicyInput,
) -> Result<SetStackPolicyResponse, Error> {
    let key = live(cx, &input.stack_name)?;
    let policy = given_policy(cx, input.stack_policy_body, input.stack_policy_url.as_deref())?;
    // (unverified)
    let missing = "You must specify either StackPolicyURL or StackPolicyBody";
    let policy = policy.ok_or_else(|| Error::validation(missing))?;
    POLICIES.put(cx.tx, key.part(CURRENT), &policy)?;
    Ok(SetStackPolicyResponse::default())
}

pub fn get_stack_policy(
    cx: &mut Cx<'_>,
    input: GetStackPolicyInput,
) -> Result<GetStackPolicyOutput, Error> {
    let key = live(cx, &input.stack_name)?;
    Ok(GetStackPolicyOutput { stack_policy_body: POLICIES.get(cx.tx, key.part(CURRENT))? })
}

/// The policy of a request, checked; None where none is given.
///
/// # Errors
/// AWS's for a policy given twice, or one that is none; what S3 says of a URL.
pub fn given_policy(
    cx: &mut Cx<'_>,
    body: Option<String>,
    url: Option<&str>,
) -> Result<Option<String>, Error> {
    let body = match (body, url) {
        (Some(_), Some(_)) => {
            let message = "You cannot specify both StackPolicyURL and StackPolicyBody";
            return Err(Error::validation(message));
        }
        (None, None) => return Ok(None),
        (None, Some(url)) => stored::policy(cx, url)?,
        (Some(body), None) => body,
    };
    stack_policy::validate(&body)?;
    Ok(Some(body))
}

fn live(cx: &Cx<'_>, name: &str) -> Result<StackKey, Error> {
    let found = find(cx, name)?;
    let found = found.filter(|(_, stack)| stack.status != StackStatus::DeleteComplete);
    found.map(|(key, _)| key).ok_or_else(|| error::no_stack(name))
}
