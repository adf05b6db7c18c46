//! `wardian credentials`: whose credentials are wanted, and the document that a
//! `credential_process` prints.

use serde_json::json;

use crate::cli::SourceFlags;
use crate::client::{Credentials, Place, Profiles, Role, assume, find};
use crate::failure::Outcome;

use super::print_json;

pub async fn print(flags: SourceFlags) -> Outcome {
    let (_, credentials) = credentials(&flags).await?;
    let mut document = json!({
        "Version": 1,
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret.expose_str().unwrap_or_default(),
    });
    if let Some(fields) = document.as_object_mut() {
        let session =
            [("SessionToken", credentials.session_token), ("Expiration", credentials.expiration)];
        for (name, value) in session {
            fields.extend(value.map(|value| (name.to_owned(), value.into())));
        }
    }
    print_json(&document)
}

/// The credentials that the flags ask for, and the place where they count.
pub async fn credentials(flags: &SourceFlags) -> Outcome<(Place, Credentials)> {
    let profiles = Profiles::load()?;
    let source = flags.source.as_deref();
    let place = Place::find(&flags.client, &profiles, source)?;
    let credentials = find(&place, &profiles, source).await?;
    let Some(arn) = flags.role.clone() else { return Ok((place, credentials)) };
    let role = Role {
        arn,
        session_name: flags.session_name.clone(),
        duration_seconds: flags.duration_seconds,
        external_id: None,
    };
    let session = assume(&place, credentials, role).await?;
    Ok((place, session))
}
