//! STS: who a caller is, and temporary credentials.
//!
//! Temporary credentials are sealed, not stored: see [`gateway::Cx::seal_session`].
//! AWS: <https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html>

mod assume_role;
mod assume_root;
mod authorization_message;
mod caller_identity;
mod federation_token;
mod session;
mod session_token;

use api::sts::{
    AssumeRole, AssumeRoot, DecodeAuthorizationMessage, GetAccessKeyInfo, GetCallerIdentity,
    GetFederationToken, GetSessionToken,
};
use gateway::Service;

/// The service `sts`.
///
/// # Errors
/// Where `data/authz/sts.json` does not parse: a fault of this build.
pub fn service() -> Result<Service, serde_json::Error> {
    let service = Service::new(&api::sts::SERVICE, include_str!("../../../data/authz/sts.json"))?;
    Ok(service
        .resource("federated-user", federation_token::federated_user)
        .resource("member-root", assume_root::member_root)
        .resource("role", assume_role::role)
        .on::<AssumeRole>(assume_role::assume_role)
        .on::<AssumeRoot>(assume_root::assume_root)
        .on::<DecodeAuthorizationMessage>(authorization_message::decode_authorization_message)
        .on::<GetAccessKeyInfo>(caller_identity::get_access_key_info)
        .on::<GetCallerIdentity>(caller_identity::get_caller_identity)
        .on::<GetFederationToken>(federation_token::get_federation_token)
        .on::<GetSessionToken>(session_token::get_session_token))
}
