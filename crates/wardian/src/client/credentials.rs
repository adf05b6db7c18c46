//! Credentials, found as the AWS CLI finds them: the environment, then a profile's role, keys or
//! process.

use std::env;
use std::fmt;
use std::pin::Pin;
use std::process::Stdio;

use api::sts::{AssumeRole, AssumeRoleRequest};
use gateway::clock::Clock as _;
use store::Secret;

use crate::clock::SystemClock;
use crate::failure::{Failure, Outcome, While as _};

use super::{Client, Place, Profiles};

/// How long a chain of profiles may be that assume roles of one another.
const CHAIN_MAX: usize = 5;
/// How long a session lasts that nobody gave a duration.
const SESSION_SECONDS: i32 = 3600;

#[derive(Clone)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret: Secret,
    pub session_token: Option<String>,
    /// ISO 8601; None where they do not end.
    pub expiration: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// A role to assume.
#[derive(Debug, Clone, Default)]
pub struct Role {
    pub arn: String,
    /// `wardian-NUMBER` unless given.
    pub session_name: Option<String>,
    pub duration_seconds: Option<i32>,
    pub external_id: Option<String>,
}

/// The credentials of the profile that a flag names, else of the environment, else of the
/// environment's profile.
///
/// # Errors
/// Says where credentials were looked for, and how to come by some.
pub async fn find(
    place: &Place,
    profiles: &Profiles,
    profile: Option<&str>,
) -> Outcome<Credentials> {
    if profile.is_none()
        && let Some(credentials) = from_environment()?
    {
        return Ok(credentials);
    }
    of_profile(place, profiles, profiles.named(profile), CHAIN_MAX).await
}

/// A session of `role`, assumed with `credentials`.
///
/// # Errors
/// What the server answers.
pub async fn assume(place: &Place, credentials: Credentials, role: Role) -> Outcome<Credentials> {
    let session = || format!("wardian-{}", SystemClock.wall().as_seconds());
    let input = AssumeRoleRequest {
        role_arn: role.arn,
        role_session_name: role.session_name.unwrap_or_else(session),
        duration_seconds: role.duration_seconds,
        external_id: role.external_id,
        ..AssumeRoleRequest::default()
    };
    let lifetime = input.duration_seconds.unwrap_or(SESSION_SECONDS);
    let client = Client::new(place.clone(), credentials)?;
    let output = client.call::<AssumeRole>(&input).await?;
    let given =
        output.credentials.ok_or_else(|| Failure::new("the server assumed the role silently"))?;
    Ok(Credentials {
        access_key_id: given.access_key_id,
        secret: Secret::from(given.secret_access_key),
        session_token: Some(given.session_token),
        // The server says it in AWS time, which may be moved or frozen; who reads this compares it
        // with the wall.
        expiration: Some(SystemClock.wall().plus_seconds(i64::from(lifetime)).iso8601()),
    })
}

fn from_environment() -> Outcome<Option<Credentials>> {
    let text = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    match (text("AWS_ACCESS_KEY_ID"), text("AWS_SECRET_ACCESS_KEY")) {
        (None, _) => Ok(None),
        (Some(_), None) => Err(Failure::new("AWS_ACCESS_KEY_ID is set without its secret")
            .hint("Set AWS_SECRET_ACCESS_KEY too, or name a profile with --profile.")),
        (Some(access_key_id), Some(secret)) => Ok(Some(Credentials {
            access_key_id,
            secret: Secret::from(secret),
            session_token: text("AWS_SESSION_TOKEN"),
            expiration: text("AWS_CREDENTIAL_EXPIRATION"),
        })),
    }
}

type Found<'a> = Pin<Box<dyn Future<Output = Outcome<Credentials>> + 'a>>;

/// Boxed, since a profile may build on another.
fn of_profile<'a>(
    place: &'a Place,
    profiles: &'a Profiles,
    profile: String,
    depth: usize,
) -> Found<'a> {
    Box::pin(async move {
        if depth == 0 {
            return Err(Failure::new(format!("profile {profile} assumes roles in a circle")));
        }
        let role = profiles.config_value(&profile, "role_arn");
        if let Some(arn) = role {
            return of_role(place, profiles, &profile, arn.to_owned(), depth).await;
        }
        if let Some(keys) = keys(profiles, &profile) {
            return Ok(keys);
        }
        if let Some(command) = profiles.credential_value(&profile, "credential_process") {
            return run(&profile, command);
        }
        Err(nothing(profiles, &profile))
    })
}

async fn of_role(
    place: &Place,
    profiles: &Profiles,
    profile: &str,
    arn: String,
    depth: usize,
) -> Outcome<Credentials> {
    let value = |key: &str| profiles.config_value(profile, key).map(str::to_owned);
    let source = match value("source_profile") {
        Some(source) if source == profile => {
            keys(profiles, profile).ok_or_else(|| nothing(profiles, profile))?
        }
        Some(source) => of_profile(place, profiles, source, depth - 1).await?,
        None => from_environment()?.ok_or_else(|| {
            Failure::new(format!("profile {profile} has a role_arn and no source_profile"))
        })?,
    };
    let role = Role {
        arn,
        session_name: value("role_session_name"),
        duration_seconds: value("duration_seconds").and_then(|text| text.parse().ok()),
        external_id: value("external_id"),
    };
    assume(place, source, role).await
}

fn keys(profiles: &Profiles, profile: &str) -> Option<Credentials> {
    let value = |key: &str| profiles.credential_value(profile, key);
    Some(Credentials {
        access_key_id: value("aws_access_key_id")?.to_owned(),
        secret: Secret::from(value("aws_secret_access_key")?),
        session_token: value("aws_session_token").map(str::to_owned),
        expiration: None,
    })
}

/// Runs a `credential_process`. Its standard error is the user's to read, its output nobody's.
fn run(profile: &str, command: &str) -> Outcome<Credentials> {
    let words = words(command);
    let (program, arguments) = words.split_first().ok_or_else(|| {
        Failure::new(format!("the credential_process of profile {profile} is empty"))
    })?;
    let output = std::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .cannot(format!("run {program}, the credential_process of profile {profile}"))?;
    let strange = || {
        Failure::new(format!("{program}, the credential_process of profile {profile}, gave none"))
    };
    if !output.status.success() {
        return Err(strange());
    }
    let document: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|_| strange())?;
    let text = |key: &str| document.get(key).and_then(|value| value.as_str()).map(str::to_owned);
    Ok(Credentials {
        access_key_id: text("AccessKeyId").ok_or_else(strange)?,
        secret: Secret::from(text("SecretAccessKey").ok_or_else(strange)?),
        session_token: text("SessionToken"),
        expiration: text("Expiration"),
    })
}

/// The words of a command as a shell splits them: blanks, quotes, and a backslash outside single
/// quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (None, ' ' | '\t') => words.extend(word.take()),
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (Some(open), letter) if open == letter => quote = None,
            (None | Some('"'), '\\') if cfg!(unix) => {
                word.get_or_insert_default().extend(letters.next());
            }
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

fn nothing(profiles: &Profiles, profile: &str) -> Failure {
    if profiles.contains(profile) {
        return Failure::new(format!("profile {profile} has no credentials"))
            .hint("Name another with --profile, or make one: wardian admin create NAME");
    }
    if profile == "default" {
        return Failure::new("no credentials were found").hint(
            "Name a profile with --profile or AWS_PROFILE, set AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY,\n  or make an administrator: wardian admin create NAME",
        );
    }
    Failure::new(format!("the profile {profile} could not be found"))
        .hint("`aws configure list-profiles` shows those that are there.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_as_a_shell_splits_it() {
        let cases: [(&str, &[&str]); 5] = [
            ("wardian credentials --as  x", &["wardian", "credentials", "--as", "x"]),
            ("\"/a b/wardian\" x", &["/a b/wardian", "x"]),
            ("'it''s' \"\"", &["its", ""]),
            ("a\\ b", &["a b"]),
            ("", &[]),
        ];
        for (command, expected) in cases {
            assert_eq!(words(command), expected, "{command}");
        }
    }

    #[test]
    fn debug_tells_no_secret() {
        let credentials = Credentials {
            access_key_id: "AKIA".to_owned(),
            secret: Secret::from("hidden"),
            session_token: Some("token".to_owned()),
            expiration: None,
        };
        let text = format!("{credentials:?}");
        assert!(!text.contains("hidden") && !text.contains("token"), "{text}");
    }
}
