//! Under whose authority a stack's steps run: that of the caller who asked for the operation, or of
//! a service role.
//!
//! What is kept is who the caller is (session policies, tags and MFA included), never a secret, and
//! it is kept sealed. What the caller may do is read anew at each step; a service role is assumed
//! anew at each step.
//! AWS: "AWS CloudFormation service role", "Forward access sessions" (IAM User Guide).

use api::sts::{AssumeRole, AssumeRoleRequest};
use gateway::{AccountId, Caller, Cx, Error, Identity, Session};
use minicbor::{Decode, Encode};
use store::ByteVec;

use crate::error;
use crate::step::is_ours;
use crate::tables::{StackKey, purpose};

/// CloudFormation as a principal, in trust policies and in `aws:CalledVia`.
pub const SERVICE: &str = "cloudformation.amazonaws.com";

/// The session name of service roles.
const SESSION_NAME: &str = "AWSCloudFormation";

/// Who asked, and the service role that acts instead where one was given.
#[derive(Clone, Encode, Decode)]
pub struct Authority {
    #[n(0)]
    caller: Caller,
    #[n(1)]
    role_arn: Option<String>,
}

impl Authority {
    /// The authority of this request. A service role is tried at once.
    ///
    /// # Errors
    /// `Role … is invalid or cannot be assumed`.
    pub fn of_request(cx: &mut Cx<'_>, role_arn: Option<String>) -> Result<Self, Error> {
        let authority = Self { caller: cx.caller().clone(), role_arn };
        authority.caller(cx)?;
        Ok(authority)
    }

    /// The caller of a step's operations.
    ///
    /// # Errors
    /// `Role … is invalid or cannot be assumed`, or what the store says.
    pub fn caller(&self, cx: &mut Cx<'_>) -> Result<Caller, Error> {
        match &self.role_arn {
            None => Ok(self.caller.via(SERVICE)),
            Some(role_arn) => assume(cx, self.caller.account, role_arn),
        }
    }

    /// # Errors
    /// What the keyring says.
    pub fn seal(&self, cx: &Cx<'_>, key: &StackKey) -> Result<ByteVec, Error> {
        let plain = minicbor::to_vec(self).map_err(Error::internal)?;
        Ok(ByteVec::from(cx.keyring().seal(&purpose("authority", key), &plain)?))
    }

    /// # Errors
    /// What the keyring says.
    pub fn open(cx: &Cx<'_>, key: &StackKey, sealed: &[u8]) -> Result<Self, Error> {
        let opened = cx.keyring().open(&purpose("authority", key), sealed);
        let plain = opened.map_err(Error::internal)?;
        minicbor::decode(plain.expose()).map_err(Error::internal)
    }
}

/// Assumes the role as the service itself: the trust policy alone decides.
fn assume(cx: &mut Cx<'_>, account: AccountId, role_arn: &str) -> Result<Caller, Error> {
    let service =
        Caller { identity: Identity::Service(SERVICE.to_owned()), ..Caller::anonymous(account) };
    let input = AssumeRoleRequest {
        role_arn: role_arn.to_owned(),
        role_session_name: SESSION_NAME.to_owned(),
        ..AssumeRoleRequest::default()
    };
    let output = cx.call::<AssumeRole>(&service, input).map_err(|error| {
        if is_ours(&error) { error } else { error::role_cannot_be_assumed(role_arn) }
    })?;
    let session = output.assumed_role_user.zip(output.credentials);
    let Some((user, credentials)) = session else {
        return Err(error::role_cannot_be_assumed(role_arn));
    };
    let id = user.assumed_role_id.split(':').next().unwrap_or_default().to_owned();
    let name = role_arn.rsplit('/').next().unwrap_or_default().to_owned();
    Ok(Caller {
        account,
        identity: Identity::Role { id, name, session_name: SESSION_NAME.to_owned() },
        access_key_id: None,
        session: Some(Session {
            issued: cx.now().as_seconds(),
            expires: credentials.expiration.as_seconds(),
            ..Session::default()
        }),
        via: Vec::new(),
    })
}
