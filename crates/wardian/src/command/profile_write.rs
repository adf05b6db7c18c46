//! `wardian profile write`: a profile of the AWS CLI whose credentials `wardian credentials` gives.

use std::path::{Path, PathBuf};

use crate::cli::{ProfileWriteFlags, SourceFlags};
use crate::client::{Place, Profiles, section};
use crate::failure::{Failure, Outcome, While as _};
use crate::{file, places};

use super::{print, profile_block};

pub fn run(flags: &ProfileWriteFlags) -> Outcome {
    check_name(&flags.name)?;
    if flags.undo { undo(&flags.name) } else { write(&flags.name, &flags.source) }
}

fn write(name: &str, flags: &SourceFlags) -> Outcome {
    let profiles = Profiles::load()?;
    let source = profiles.named(flags.source.as_deref());
    if source == name {
        return Err(Failure::new(format!("profile {name} cannot take credentials from itself"))
            .hint("Name the profile that has them: --as PROFILE"));
    }
    if !profiles.contains(&source) {
        return Err(Failure::new(format!("there is no profile {source} to take credentials from"))
            .hint("Name one with --as PROFILE, or make one: wardian admin create NAME"));
    }
    let place = Place::find(&flags.client, &profiles, Some(&source))?;
    let path = config_file()?;
    let mut settings = vec![("credential_process", process(&source, flags, &place))];
    settings.extend(settings_of(&place));
    write_block(&path, &section(name), name, &settings)?;
    let shown = path.display();
    print(format!(
        "Wrote profile {name} to {shown}\n  aws sts get-caller-identity --profile {name}\n"
    ))
}

fn undo(name: &str) -> Outcome {
    let files = [(config_file()?, section(name)), (credentials_file()?, name.to_owned())];
    let mut undone = Vec::new();
    for (path, section) in files {
        let text = file::read_if_there(&path).cannot(format!("read {}", path.display()))?;
        if let Some(rest) = text.and_then(|text| profile_block::remove(&text, &section, name)) {
            file::replace(&path, rest.as_bytes()).cannot(format!("write {}", path.display()))?;
            undone.push(path);
        }
    }
    if undone.is_empty() {
        return Err(Failure::new(format!("wardian has written no profile {name}"))
            .hint("Profiles of others are left alone: edit ~/.aws/config yourself."));
    }
    let shown =
        undone.iter().map(|path| format!("Took profile {name} out of {}\n", path.display()));
    print(shown.collect::<String>())
}

/// The settings of a place that a profile needs beside its credentials.
pub fn settings_of(place: &Place) -> Vec<(&'static str, String)> {
    let mut settings =
        vec![("region", place.region.clone()), ("endpoint_url", place.endpoint.clone())];
    let ca_bundle = place.ca_bundle.as_deref().filter(|_| place.is_tls());
    settings.extend(ca_bundle.map(|path| ("ca_bundle", absolute(path))));
    settings
}

/// Writes a profile's section; refuses to touch one that somebody else wrote.
pub fn write_block(path: &Path, section: &str, name: &str, settings: &[(&str, String)]) -> Outcome {
    let shown = path.display();
    let text = file::read_if_there(path).cannot(format!("read {shown}"))?.unwrap_or_default();
    let new = profile_block::write(&text, section, name, settings).map_err(|_| {
        Failure::new(format!("there is a profile {name} in {shown} that wardian did not write"))
            .hint("Choose another name.")
    })?;
    if let Some(dir) = path.parent() {
        file::make_private_dir(dir).cannot(format!("make {}", dir.display()))?;
    }
    file::replace(path, new.as_bytes()).cannot(format!("write {shown}"))
}

pub fn config_file() -> Outcome<PathBuf> {
    places::aws_config_file().ok_or_else(homeless)
}

pub fn credentials_file() -> Outcome<PathBuf> {
    places::aws_credentials_file().ok_or_else(homeless)
}

/// A profile's name stands in brackets, in comments and on command lines.
pub fn check_name(name: &str) -> Outcome {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "+=,.@_-/:".contains(letter);
    if name.is_empty() || !name.chars().all(fits) || name.starts_with('-') {
        return Err(Failure::new(format!("{name:?} cannot be the name of a profile"))
            .hint("Use letters, digits and any of + = , . @ _ - / :"));
    }
    Ok(())
}

fn process(source: &str, flags: &SourceFlags, place: &Place) -> String {
    let mut words = vec![program(), "credentials".to_owned(), "--as".to_owned(), source.to_owned()];
    let duration = flags.duration_seconds.map(|seconds| seconds.to_string());
    let options = [
        ("--role", flags.role.clone()),
        ("--session-name", flags.session_name.clone()),
        ("--duration-seconds", duration),
        ("--endpoint-url", Some(place.endpoint.clone())),
        ("--region", Some(place.region.clone())),
        ("--ca-bundle", place.ca_bundle.as_deref().filter(|_| place.is_tls()).map(absolute)),
    ];
    for (name, value) in options {
        words.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
    }
    let quoted: Vec<String> = words.into_iter().map(quoted).collect();
    quoted.join(" ")
}

/// `wardian` where the shell finds this very program under that name, else its path.
fn program() -> String {
    let Ok(own) = std::env::current_exe() else { return "wardian".to_owned() };
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let mut named = std::env::split_paths(&paths).map(|dir| dir.join("wardian"));
    let found = named.find(|path| path.is_file());
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    match found {
        Some(path) if real(&path) == real(&own) => "wardian".to_owned(),
        _ => own.display().to_string(),
    }
}

fn quoted(word: String) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "+=,.@_-/:".contains(letter);
    if !word.is_empty() && word.chars().all(plain) { word } else { format!("\"{word}\"") }
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()).display().to_string()
}

fn homeless() -> Failure {
    Failure::new("there is no home directory for the AWS CLI's files")
        .hint("Set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE.")
}
