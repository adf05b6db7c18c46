//! Names of parameters, and what names one: a name or an ARN, and perhaps a version or a label.
//!
//! AWS: <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html>
//! ("Requirements and constraints for parameter names").

use gateway::{AccountId, Cx, Error};

use crate::error;

const LEVELS_MAX: usize = 15;
/// Of the 2,048 characters of the model, the rest is AWS's own.
const LENGTH_MAX: usize = 1011;

/// What a request names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The name without its first slash, by which a parameter is kept.
    pub path: String,
    /// As written, without what selects a version; None where an ARN was given.
    pub name: Option<String>,
    pub selector: Option<Selector>,
    /// Of an ARN: region and account.
    place: Option<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    Version(u64),
    Label(String),
}

impl Reference {
    /// Reads `name`, `/a/b:3`, `arn:aws:ssm:us-east-1:123456789012:parameter/a/b:label`.
    ///
    /// # Errors
    /// AWS's sentence about names.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (place, rest) = match arn(text) {
            Some((region, account, rest)) => (Some((region.to_owned(), account.to_owned())), rest),
            None => (None, text),
        };
        let (name, selector) = match rest.split_once(':') {
            Some((name, selector)) => (name, Some(Selector::parse(selector)?)),
            None => (rest, None),
        };
        let path = path(name)?;
        let name = place.is_none().then(|| name.to_owned());
        Ok(Self { path, name, selector, place })
    }

    /// The ARN that a decision is about, and whose it is.
    pub fn arn(&self, cx: &Cx<'_>) -> (String, Option<AccountId>) {
        match &self.place {
            Some((region, account)) => {
                let arn = format!("arn:aws:ssm:{region}:{account}:parameter/{}", self.path);
                (arn, AccountId::parse(account))
            }
            None => (arn_of(cx, &self.path), Some(cx.account())),
        }
    }

    /// Whether it is of the caller's account and of the request's region; parameters of others are
    /// not there.
    pub fn is_here(&self, cx: &Cx<'_>) -> bool {
        self.place.as_ref().is_none_or(|(region, account)| {
            region == cx.region() && *account == cx.account().to_string()
        })
    }
}

impl Selector {
    fn parse(text: &str) -> Result<Self, Error> {
        if text.is_empty() || text.contains([':', '/']) {
            return Err(error::invalid_name());
        }
        Ok(text.parse().map_or_else(|_| Self::Label(text.to_owned()), Self::Version))
    }
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Version(number) => write!(f, ":{number}"),
            Self::Label(label) => write!(f, ":{label}"),
        }
    }
}

/// The path that a new parameter is kept by.
///
/// # Errors
/// AWS's sentences about names.
pub fn new_path(name: &str) -> Result<String, Error> {
    let bare = name.strip_prefix('/').unwrap_or(name);
    let begins = |prefix| bare.get(..3).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    if begins("aws") {
        return Err(error::reserved_name(bare));
    }
    let path = path(name)?;
    if begins("ssm") {
        return Err(error::invalid_name());
    }
    if path.split('/').count() > LEVELS_MAX {
        return Err(error::too_many_levels());
    }
    if name.chars().count() > LENGTH_MAX {
        // (unverified)
        let message = format!("Parameter name must be at most {LENGTH_MAX} characters long.");
        return Err(Error::validation(message));
    }
    Ok(path)
}

/// The name without its first slash. A name of several levels begins with one.
///
/// # Errors
/// AWS's sentence about names.
pub fn path(name: &str) -> Result<String, Error> {
    let bare = name.strip_prefix('/').unwrap_or(name);
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_level = |level: &str| !level.is_empty() && level.chars().all(fits);
    let is_rooted = name.starts_with('/') || !bare.contains('/');
    if is_rooted && bare.split('/').all(is_level) {
        Ok(bare.to_owned())
    } else {
        Err(error::invalid_name())
    }
}

/// The ARN of a parameter, or of what begins so.
pub fn arn_of(cx: &Cx<'_>, path: &str) -> String {
    format!("arn:aws:ssm:{}:{}:parameter/{path}", cx.region(), cx.account())
}

/// Region, account and what stands behind `parameter`: of `/a/b` the whole, of `/a` the name.
fn arn(text: &str) -> Option<(&str, &str, &str)> {
    let rest = text.strip_prefix("arn:aws:ssm:")?;
    let (region, rest) = rest.split_once(':')?;
    let (account, rest) = rest.split_once(':')?;
    Some((region, account, rest.strip_prefix("parameter")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_levels_of_letters_digits_and_three_symbols() {
        for (name, kept) in [
            ("a", Some("a")),
            ("/a", Some("a")),
            ("/a/b.c-d_e", Some("a/b.c-d_e")),
            ("a/b", None),
            ("/a//b", None),
            ("/a/", None),
            ("/", None),
            ("", None),
            ("/a b", None),
            ("/ä", None),
        ] {
            assert_eq!(path(name).ok().as_deref(), kept, "{name}");
        }
    }

    #[test]
    fn new_names_are_not_those_of_aws() {
        let deep = "/l".repeat(15);
        for (name, code) in [
            ("/awsome/x", Some("AccessDenied")),
            ("AWS", Some("AccessDenied")),
            ("/ssm/x", Some("ValidationError")),
            ("/x/ssm", None),
            (deep.as_str(), None),
            (&format!("{deep}/l"), Some("HierarchyLevelLimitExceededException")),
        ] {
            assert_eq!(new_path(name).err().map(|error| error.code()), code, "{name}");
        }
    }

    #[test]
    fn a_reference_is_a_name_or_an_arn_and_perhaps_a_version() {
        let read = |text| Reference::parse(text).expect("a reference");
        assert_eq!(read("/a/b:3").selector, Some(Selector::Version(3)));
        assert_eq!(read("a:prod").selector, Some(Selector::Label("prod".to_owned())));
        let arn = read("arn:aws:ssm:eu-west-1:123456789012:parameter/a/b:prod");
        assert_eq!((arn.path.as_str(), arn.name), ("a/b", None));
        for bad in ["a:", "a:b:c", "arn:aws:ssm:eu-west-1:123456789012:document/x", ":1"] {
            assert!(Reference::parse(bad).is_err(), "{bad}");
        }
    }
}
