//! The profiles of the AWS CLI's two files, read together.

use std::env;
use std::path::PathBuf;

use crate::failure::{Outcome, While as _};
use crate::{file, places};

use super::ini::{self, Sections};

/// `config` and `credentials`, as they stand.
#[derive(Debug, Default)]
pub struct Profiles {
    config: Sections,
    credentials: Sections,
}

impl Profiles {
    /// Reads both files; one that is not there is empty.
    pub fn load() -> Outcome<Self> {
        Ok(Self {
            config: read(places::aws_config_file())?,
            credentials: read(places::aws_credentials_file())?,
        })
    }

    /// The profile that a flag names, else the environment, else `default`.
    #[must_use]
    pub fn named(&self, flag: Option<&str>) -> String {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        flag.map(str::to_owned)
            .or_else(|| variable("AWS_DEFAULT_PROFILE"))
            .or_else(|| variable("AWS_PROFILE"))
            .unwrap_or_else(|| "default".to_owned())
    }

    #[must_use]
    pub fn contains(&self, profile: &str) -> bool {
        self.credentials.contains_key(profile) || self.config.contains_key(&section(profile))
    }

    /// A setting of a profile in `config`.
    #[must_use]
    pub fn config_value(&self, profile: &str, key: &str) -> Option<&str> {
        self.config.get(&section(profile))?.get(key).map(String::as_str)
    }

    /// A credential of a profile: of `credentials`, else of `config`.
    #[must_use]
    pub fn credential_value(&self, profile: &str, key: &str) -> Option<&str> {
        let own = self.credentials.get(profile).and_then(|section| section.get(key));
        own.map(String::as_str).or_else(|| self.config_value(profile, key))
    }
}

/// The name of a profile's section in `config`.
#[must_use]
pub fn section(profile: &str) -> String {
    if profile == "default" { profile.to_owned() } else { format!("profile {profile}") }
}

fn read(path: Option<PathBuf>) -> Outcome<Sections> {
    let Some(path) = path else { return Ok(Sections::new()) };
    let text = file::read_if_there(&path).cannot(format!("read {}", path.display()))?;
    Ok(text.map(|text| ini::parse(&text)).unwrap_or_default())
}
