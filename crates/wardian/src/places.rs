//! Where things are on this machine: the data directory, the runtime directory, the home of the AWS
//! CLI's files.

use std::env;
use std::path::PathBuf;

use crate::failure::{Failure, Outcome, While as _};
use crate::file;

/// The platform's folder for data: `$XDG_DATA_HOME/wardian`, or what stands for it.
pub fn default_data_dir() -> Outcome<PathBuf> {
    let base = if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Application Support"))
    } else if cfg!(windows) {
        directory("LOCALAPPDATA")
    } else {
        directory("XDG_DATA_HOME").or_else(|| home().map(|home| home.join(".local/share")))
    };
    base.map(|base| base.join("wardian")).ok_or_else(|| {
        Failure::new("there is no home directory to keep data in")
            .hint("Say where: wardian serve --data-dir DIR (or WARDIAN_DATA_DIR=DIR).")
    })
}

/// The directory for what lives as long as a server does: `$XDG_RUNTIME_DIR/wardian`, or one of
/// this user's own among the temporary files.
pub fn runtime_dir() -> PathBuf {
    match directory("XDG_RUNTIME_DIR") {
        Some(base) => base.join("wardian"),
        None => env::temp_dir().join(format!("wardian-{}", user())),
    }
}

/// [`runtime_dir`], made where it is not there: secrets stand in it.
///
/// # Errors
/// Where somebody else made it, or can enter it.
pub fn make_runtime_dir() -> Outcome<PathBuf> {
    let dir = runtime_dir();
    let shown = dir.display();
    file::make_private_dir(&dir).cannot(format!("make the directory {shown}"))?;
    if file::is_private_dir(&dir).cannot(format!("look at {shown}"))? {
        return Ok(dir);
    }
    Err(Failure::new(format!("{shown} is not yours alone, and secrets are to stand there"))
        .hint("Remove it, or set XDG_RUNTIME_DIR to a directory of your own."))
}

/// The home directory.
pub fn home() -> Option<PathBuf> {
    directory(if cfg!(windows) { "USERPROFILE" } else { "HOME" })
}

/// `~/.aws/config`, or `$AWS_CONFIG_FILE`.
pub fn aws_config_file() -> Option<PathBuf> {
    aws_file("AWS_CONFIG_FILE", "config")
}

/// `~/.aws/credentials`, or `$AWS_SHARED_CREDENTIALS_FILE`.
pub fn aws_credentials_file() -> Option<PathBuf> {
    aws_file("AWS_SHARED_CREDENTIALS_FILE", "credentials")
}

/// A path as people write it: a leading `~/` is the home directory.
pub fn expanded(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

fn aws_file(variable: &str, name: &str) -> Option<PathBuf> {
    match env::var(variable) {
        Ok(path) if !path.is_empty() => Some(expanded(&path)),
        _ => home().map(|home| home.join(".aws").join(name)),
    }
}

/// An absolute directory that a variable names.
fn directory(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

/// What tells this user's files among the temporary ones from others'.
fn user() -> String {
    #[cfg(unix)]
    return rustix::process::getuid().as_raw().to_string();
    #[cfg(not(unix))]
    env::var("USERNAME").unwrap_or_default()
}
