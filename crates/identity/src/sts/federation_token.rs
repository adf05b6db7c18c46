//! GetFederationToken: credentials for somebody whom the caller vouches for.
//!
//! They may do what both the caller's policies and the session's policies allow: without session
//! policies nothing, but for what resource policies grant the federated user itself.
//! AWS: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html>

use std::collections::BTreeMap;

use api::Structure;
use api::sts::{FederatedUser, GetFederationTokenRequest, GetFederationTokenResponse};
use gateway::{Caller, Cx, Error, Identity, Resource, Session};

use super::session::{self, Packed};

const DURATION_DEFAULT: i32 = 43_200;
/// AWS gives the root user an hour, whatever it asks for.
const ROOT_DURATION_MAX: i32 = 3600;

/// `arn:aws:sts::<account>:federated-user/<name>`
pub fn federated_user(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    Ok(Resource::arn(arn(cx, input.text("Name").unwrap_or_default())))
}

pub fn get_federation_token(
    cx: &mut Cx<'_>,
    input: GetFederationTokenRequest,
) -> Result<GetFederationTokenResponse, Error> {
    let (account, name) = (cx.account(), input.name);
    let tags = input.tags.unwrap_or_default();
    session::unique_tags(&tags)?;
    let (policies, policy_arns) =
        session::policies(cx, account, input.policy.as_deref(), input.policy_arns.as_deref())?;
    let packed = match (policies.is_some() || !policy_arns.is_empty(), tags.is_empty()) {
        (true, _) => Packed::Policies,
        (false, false) => Packed::Tags,
        (false, true) => Packed::Nothing,
    };
    let mut duration = input.duration_seconds.unwrap_or(DURATION_DEFAULT);
    let user_id = match &cx.caller().identity {
        Identity::User(id) => Some(id.clone()),
        _ => {
            duration = duration.min(ROOT_DURATION_MAX);
            None
        }
    };
    let issued = cx.now().as_seconds();
    let session = Session {
        issued,
        expires: issued.saturating_add(i64::from(duration)),
        // Never none: a session without policies is one that its policies allow nothing.
        policies: Some(policies.unwrap_or_default()),
        policy_arns,
        tags: tags.into_iter().map(|tag| (tag.key, tag.value)).collect::<BTreeMap<_, _>>(),
        ..Session::default()
    };
    let identity = Identity::Federated { user_id, name: name.clone() };
    let caller =
        Caller { account, identity, access_key_id: None, session: Some(session), via: Vec::new() };
    let minimum = input.minimum_session_token_size;
    let (credentials, size) = session::credentials(cx, account, caller, packed, minimum)?;
    Ok(GetFederationTokenResponse {
        credentials: Some(credentials),
        federated_user: Some(FederatedUser {
            federated_user_id: format!("{account}:{name}"),
            arn: arn(cx, &name),
        }),
        // Told here also where nothing was passed.
        packed_policy_size: Some(size.unwrap_or(0)),
        ..GetFederationTokenResponse::default()
    })
}

fn arn(cx: &Cx<'_>, name: &str) -> String {
    format!("arn:aws:sts::{}:federated-user/{name}", cx.account())
}
