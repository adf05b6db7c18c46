//! Whose credentials these are.
//!
//! AWS: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>

use api::sts::{
    GetAccessKeyInfoRequest, GetAccessKeyInfoResponse, GetCallerIdentityRequest,
    GetCallerIdentityResponse,
};
use gateway::{Cx, Error, id};

use crate::access_key;

pub fn get_caller_identity(
    cx: &mut Cx<'_>,
    _input: GetCallerIdentityRequest,
) -> Result<GetCallerIdentityResponse, Error> {
    Ok(GetCallerIdentityResponse {
        user_id: Some(cx.caller().user_id()),
        account: Some(cx.account().to_string()),
        arn: Some(cx.caller_arn()),
    })
}

/// The account stands in the id itself, so a key need not exist; keys with ids of another form are
/// looked up.
pub fn get_access_key_info(
    cx: &mut Cx<'_>,
    input: GetAccessKeyInfoRequest,
) -> Result<GetAccessKeyInfoResponse, Error> {
    let key = access_key::find(cx.tx, &input.access_key_id)?;
    let account = key.map(|key| key.account).or_else(|| id::account_of(&input.access_key_id));
    // AWS's answer to an id of no known form is not known.
    let account = account.ok_or_else(|| Error::validation("Invalid access key id."))?;
    Ok(GetAccessKeyInfoResponse { account: Some(account.to_string()) })
}
