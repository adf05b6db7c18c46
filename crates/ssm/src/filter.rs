//! The filters of DescribeParameters and GetParametersByPath.
//!
//! AWS: <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html>

use api::ssm::{ParameterStringFilter, ParametersFilter, ParametersFilterKey, error};
use gateway::Error;

use crate::tables::{Parameter, Version};

/// A filter that is in order.
pub struct Filter {
    key: Key,
    option: Match,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Match {
    Equals,
    BeginsWith,
    Contains,
    OneLevel,
    Recursive,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    Name,
    Type,
    Encryption,
    Path,
    Label,
    Tier,
    DataType,
    Tag(String),
}

/// The filters of a listing of all.
///
/// # Errors
/// `InvalidFilterKey`, `InvalidFilterOption`, `InvalidFilterValue`.
pub fn all(filters: &[ParameterStringFilter]) -> Result<Vec<Filter>, Error> {
    let filters = read(filters)?;
    match filters.iter().any(|filter| filter.key == Key::Label) {
        true => Err(invalid_key("Label", "[Path, Name, Type, KeyId, Tier]")),
        false => Ok(filters),
    }
}

/// The filters of a listing under a path.
///
/// # Errors
/// As [`all`].
pub fn by_path(filters: &[ParameterStringFilter]) -> Result<Vec<Filter>, Error> {
    let known = |filter: &&ParameterStringFilter| {
        matches!(filter.key.as_str(), "Type" | "KeyId" | "Label" | "DataType")
    };
    match filters.iter().find(|filter| !known(filter)) {
        Some(other) => Err(invalid_key(&other.key, "[Type, KeyId]")),
        None => read(filters),
    }
}

/// The filters of the older form, which begin names.
pub fn old(filters: &[ParametersFilter]) -> Vec<Filter> {
    let filter = |filter: &ParametersFilter| Filter {
        key: match filter.key {
            ParametersFilterKey::Name => Key::Name,
            ParametersFilterKey::Type => Key::Type,
            _ => Key::Encryption,
        },
        option: match filter.key {
            ParametersFilterKey::Name => Match::BeginsWith,
            _ => Match::Equals,
        },
        values: filter.values.clone(),
    };
    filters.iter().map(filter).collect()
}

fn read(filters: &[ParameterStringFilter]) -> Result<Vec<Filter>, Error> {
    let mut read: Vec<Filter> = Vec::with_capacity(filters.len());
    for filter in filters {
        let known = Filter::read(filter)?;
        if read.iter().any(|other| other.key == known.key) {
            let message = format!(
                "The following filter is duplicated in the request: {}. A request can contain \
                 only one occurrence of a specific filter.",
                filter.key
            );
            return Err(Error::new(error::INVALID_FILTER_KEY, message));
        }
        read.push(known);
    }
    Ok(read)
}

impl Filter {
    fn read(filter: &ParameterStringFilter) -> Result<Self, Error> {
        let key = match filter.key.as_str() {
            "Name" => Key::Name,
            "Type" => Key::Type,
            "KeyId" => Key::Encryption,
            "Path" => Key::Path,
            "Label" => Key::Label,
            "Tier" => Key::Tier,
            "DataType" => Key::DataType,
            other => match other.strip_prefix("tag:") {
                Some(tag) => Key::Tag(tag.to_owned()),
                None => return Err(invalid_key(other, "[Path, Name, Type, KeyId, Tier]")),
            },
        };
        let option = option(&key, filter.option.as_deref())?;
        let values = filter.values.clone().unwrap_or_default();
        if values.is_empty() && !matches!(key, Key::Tag(_)) {
            let message = "The following filter values are missing : null for filter key ";
            let message = format!("{message}{}.", filter.key);
            return Err(Error::new(error::INVALID_FILTER_VALUE, message));
        }
        let allowed: &[&str] = match key {
            Key::Type => &["String", "StringList", "SecureString"],
            Key::Tier => &["Standard", "Advanced", "Intelligent-Tiering"],
            _ => &[],
        };
        let is_odd = |value: &&String| {
            option == Match::Equals && !allowed.is_empty() && !allowed.contains(&value.as_str())
        };
        if let Some(value) = values.iter().find(is_odd) {
            let message = format!(
                "The following filter value is not valid: {value}. Valid values include: [{}].",
                allowed.join(", ")
            );
            return Err(Error::new(error::INVALID_FILTER_VALUE, message));
        }
        Ok(Self { key, option, values })
    }

    /// The labels asked for.
    pub fn labels(&self) -> Option<&[String]> {
        (self.key == Key::Label).then_some(self.values.as_slice())
    }

    /// Whether a parameter passes, in its latest version; labels are another's business.
    pub fn holds(&self, path: &str, parameter: &Parameter, latest: &Version) -> bool {
        let any = |text: &str| self.values.iter().any(|value| self.option.holds(text, value));
        match &self.key {
            Key::Label => true,
            // No parameter has a key: there are no secure strings.
            Key::Encryption => false,
            Key::Type => any(&latest.kind),
            Key::Tier => any(&latest.tier),
            Key::DataType => any(&latest.data_type),
            Key::Name => self.values.iter().any(|value| {
                let value = match self.option {
                    Match::Contains => value,
                    _ => value.strip_prefix('/').unwrap_or(value),
                };
                self.option.holds(path, value)
                    || (self.option == Match::Contains && parameter.name.contains(value))
            }),
            Key::Path => self.values.iter().any(|value| self.option.is_under(path, value)),
            Key::Tag(tag) => {
                let value = parameter.tags.get(tag);
                value.is_some_and(|value| self.values.is_empty() || any(value))
            }
        }
    }
}

impl Match {
    fn holds(self, text: &str, value: &str) -> bool {
        match self {
            Self::BeginsWith => text.starts_with(value),
            Self::Contains => text.contains(value),
            Self::Equals | Self::OneLevel | Self::Recursive => text == value,
        }
    }

    fn is_under(self, path: &str, value: &str) -> bool {
        let value = value.trim_matches('/');
        let rest = match value {
            "" => Some(path),
            value => path.strip_prefix(value).and_then(|rest| rest.strip_prefix('/')),
        };
        rest.is_some_and(|rest| self == Self::Recursive || !rest.contains('/'))
    }
}

fn option(key: &Key, given: Option<&str>) -> Result<Match, Error> {
    let (default, valid): (Match, &str) = match key {
        Key::Path => (Match::OneLevel, "[OneLevel, Recursive]"),
        Key::Tag(_) | Key::Label => (Match::Equals, "[Equals]"),
        _ => (Match::Equals, "[BeginsWith, Equals]"),
    };
    let Some(given) = given else { return Ok(default) };
    let found = match (key, given) {
        (Key::Path, "OneLevel") => Some(Match::OneLevel),
        (Key::Path, "Recursive") => Some(Match::Recursive),
        (Key::Path, _) => None,
        (_, "Equals") => Some(Match::Equals),
        (Key::Tag(_) | Key::Label, _) => None,
        (_, "BeginsWith") => Some(Match::BeginsWith),
        (Key::Name, "Contains") => Some(Match::Contains),
        _ => None,
    };
    found.ok_or_else(|| {
        let message = format!(
            "The following filter option is not valid: {given}. Valid options include: {valid}."
        );
        Error::new(error::INVALID_FILTER_OPTION, message)
    })
}

fn invalid_key(key: &str, valid: &str) -> Error {
    let message = format!(
        "The following filter key is not valid: {key}. Valid filter keys include: {valid}."
    );
    Error::new(error::INVALID_FILTER_KEY, message)
}
