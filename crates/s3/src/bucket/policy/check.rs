//! What PutBucketPolicy asks of a document beyond the language: size, the bucket's own resources,
//! principals that exist.

use std::collections::HashMap;

use api::s3::error::MALFORMED_POLICY;
use gateway::{AccountId, Cx, Error};
use policy::{Kind, Policy, PrincipalPattern};

use crate::bucket::Found;

/// Bytes of a policy without its white space.
const SIZE_MAX: usize = 20 * 1024;

pub struct Checked {
    /// With users and roles by their unique ids.
    pub text: String,
    pub is_public: bool,
}

/// # Errors
/// MalformedPolicy, in S3's words.
pub fn check(cx: &Cx<'_>, found: &Found, text: &str) -> Result<Checked, Error> {
    let policy =
        Policy::parse(text, Kind::Bucket).map_err(|invalid| malformed(&invalid.message))?;
    if text.bytes().filter(|byte| !byte.is_ascii_whitespace()).count() > SIZE_MAX {
        return Err(malformed("Normalized policy document exceeds the maximum allowed size"));
    }
    if policy::resource_outside(&policy, &found.bucket.name).is_some() {
        return Err(malformed("Policy has invalid resource"));
    }
    let text = with_ids(cx, text)?;
    Ok(Checked { text, is_public: policy::is_public(&policy) })
}

/// The text as it is kept, once everybody it names was found.
fn with_ids(cx: &Cx<'_>, text: &str) -> Result<String, Error> {
    let mut result = Ok(());
    let mut known: HashMap<String, Option<String>> = HashMap::new();
    let kept = policy::rewrite_principals(text, |one| {
        if let Some(id) = known.get(one.value) {
            return id.clone();
        }
        match identify(cx, one.pattern.as_ref()) {
            Ok(Some(Identified::As(id))) => {
                known.insert(one.value.to_owned(), Some(id.clone()));
                Some(id)
            }
            Ok(Some(Identified::AsWritten)) => {
                known.insert(one.value.to_owned(), None);
                None
            }
            Ok(None) => {
                let detail = format!("\"{}\" : \"{}\"", one.key, one.value);
                result = Err(malformed("Invalid principal in policy").with("Detail", detail));
                None
            }
            Err(error) => {
                result = Err(error);
                None
            }
        }
    });
    result.map(|()| kept)
}

enum Identified {
    AsWritten,
    As(String),
}

/// None for a principal that does not exist here.
fn identify(cx: &Cx<'_>, pattern: Option<&PrincipalPattern>) -> Result<Option<Identified>, Error> {
    let Some(pattern) = pattern else { return Ok(None) };
    let directory = cx.directory();
    match pattern {
        PrincipalPattern::Everyone { .. }
        | PrincipalPattern::Service(_)
        | PrincipalPattern::Federated(_) => Ok(Some(Identified::AsWritten)),
        PrincipalPattern::Account(id) => {
            let Some(id) = AccountId::parse(id) else { return Ok(None) };
            let exists = directory.account(cx.tx, id)?.is_some();
            Ok(exists.then(|| Identified::As(root_of(id))))
        }
        PrincipalPattern::User(arn) | PrincipalPattern::Role(arn) => {
            Ok(directory.entity_id(cx.tx, arn)?.map(Identified::As))
        }
        // A session is named by its ARN alone; the account must be there.
        PrincipalPattern::Session(arn) | PrincipalPattern::FederatedUser(arn) => {
            let account = arn.split(':').nth(4).and_then(AccountId::parse);
            let Some(account) = account else { return Ok(None) };
            let exists = directory.account(cx.tx, account)?.is_some();
            Ok(exists.then_some(Identified::AsWritten))
        }
        PrincipalPattern::CanonicalUser(id) => {
            let account = directory.canonical_account(cx.tx, id)?;
            Ok(account.map(|account| Identified::As(root_of(account))))
        }
        // Ids are what AWS keeps; nobody can write one.
        PrincipalPattern::UniqueId(_) => Ok(None),
    }
}

fn root_of(account: AccountId) -> String {
    format!("arn:aws:iam::{account}:root")
}

fn malformed(message: &str) -> Error {
    Error::new(MALFORMED_POLICY, message)
}
