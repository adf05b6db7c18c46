//! Root's credentials: given by the environment, or made at the first start and kept in a file of
//! mode 0600.
//!
//! There are no default ones. What the environment gives stands in the place of what earlier starts
//! gave, the file's key among it: who rotates root's key ends the old one.
//! The file has the form of the AWS CLI's credentials file, so that it
//! can be used as one.

use std::env;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use gateway::AccountId;
use gateway::id::{self, RandomIds};
use identity::account;
use store::Secret;

use crate::cli::ServeFlags;
use crate::client::ini;
use crate::failure::{Failure, Outcome, While as _};
use crate::{file, places};

use super::data::Data;

const KEY_ID: &str = "WARDIAN_ROOT_ACCESS_KEY_ID";
const SECRET: &str = "WARDIAN_ROOT_SECRET_ACCESS_KEY";
const SECRET_FILE: &str = "WARDIAN_ROOT_SECRET_ACCESS_KEY_FILE";
const PREFIX: &str = "root-";
const SUFFIX: &str = ".credentials";

/// An access key of root.
#[derive(Debug, Clone)]
pub struct RootKey {
    pub access_key_id: String,
    pub secret: Secret,
}

/// How root's credentials of this start are known.
#[derive(Debug)]
pub enum Root {
    /// The environment gives them, in the place of those of the file, if there is one.
    Given { key: RootKey, file: Option<(PathBuf, String)> },
    /// The file has them, and the store may not yet.
    File { path: PathBuf, key: RootKey, lives_as_long_as_the_server: bool },
    /// The store has them; who started the server knows them, or took the file away.
    Kept,
}

impl Root {
    /// The key that the store must have; None where it has one already.
    #[must_use]
    pub const fn key(&self) -> Option<&RootKey> {
        match self {
            Self::Given { key, .. } | Self::File { key, .. } => Some(key),
            Self::Kept => None,
        }
    }

    /// The key of a file that this start puts another in the place of.
    #[must_use]
    pub fn replaced(&self) -> Option<&str> {
        match self {
            Self::Given { file: Some((_, id)), .. } => Some(id),
            _ => None,
        }
    }

    /// Takes away the file whose key was replaced.
    pub fn settled(&self) {
        if let Self::Given { file: Some((path, _)), .. } = self {
            remove(path);
        }
    }

    /// Takes away the file of a server whose data is gone with it.
    pub fn forget(&self) {
        if let Self::File { path, lives_as_long_as_the_server: true, .. } = self {
            remove(path);
        }
    }
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        let path = path.display();
        tracing::warn!(%error, %path, "root's credentials file was not removed");
    }
}

/// Root's credentials of this start. A key that is new is in its file before anybody stores it.
pub fn prepare(flags: &ServeFlags, data: &Data, address: SocketAddr) -> Outcome<Root> {
    if let Some(key) = from_environment()? {
        let path = data.dir.as_ref().map(|dir| dir.join(file_name(flags.account_id.as_str())));
        let file = match path {
            Some(path) => RootKey::read(&path)?.map(|key| (path, key.access_key_id)),
            None => None,
        };
        return Ok(Root::Given { key, file });
    }
    let Some(dir) = &data.dir else {
        places::make_runtime_dir()?;
        let path = memory_file(address.port());
        let key = make(&path, flags.account_id)?;
        return Ok(Root::File { path, key, lives_as_long_as_the_server: true });
    };
    forget_memory(address.port());
    let path = dir.join(file_name(flags.account_id.as_str()));
    let stored = data.store.read(|tx| account::root_keys(tx, flags.account_id));
    let stored = stored.cannot("read root's keys")?.cannot("read root's keys")?;
    let key = match RootKey::read(&path)? {
        // Root's keys may have been changed since the file was written: those that are stored
        // stand.
        Some(key) if stored.is_empty() || stored.contains(&key.access_key_id) => key,
        _ if !stored.is_empty() => return Ok(Root::Kept),
        _ => make(&path, flags.account_id)?,
    };
    Ok(Root::File { path, key, lives_as_long_as_the_server: false })
}

/// Root's credentials as the environment gives them to `serve`.
///
/// # Errors
/// Where they are half given, or too short to be any.
pub fn from_environment() -> Outcome<Option<RootKey>> {
    let text = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let secret = match (text(SECRET), text(SECRET_FILE)) {
        (Some(_), Some(_)) => {
            return Err(Failure::new(format!("{SECRET} and {SECRET_FILE} are both set"))
                .hint("Unset one of them."));
        }
        (Some(secret), None) => Some(secret),
        (None, Some(path)) => {
            let content =
                fs::read_to_string(&path).cannot(format!("read {SECRET_FILE} ({path})"))?;
            Some(content.trim().to_owned())
        }
        (None, None) => None,
    };
    match (text(KEY_ID), secret) {
        (None, None) => Ok(None),
        (Some(access_key_id), Some(secret)) => checked(access_key_id, secret).map(Some),
        (Some(_), None) => Err(Failure::new(format!("{KEY_ID} is set without its secret"))
            .hint(format!("Set {SECRET} or {SECRET_FILE} too."))),
        (None, Some(_)) => Err(Failure::new(format!("root's secret is set without {KEY_ID}"))
            .hint(format!("Set {KEY_ID} too."))),
    }
}

/// The file of root's credentials of a server in memory, by the port it listens on.
#[must_use]
pub fn memory_file(port: u16) -> PathBuf {
    places::runtime_dir().join(file_name(&port.to_string()))
}

/// Takes away what a server in memory left that listened on this port and was killed.
fn forget_memory(port: u16) {
    match fs::remove_file(memory_file(port)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, "root's credentials of an earlier server in memory stay behind");
        }
        _ => {}
    }
}

/// The files of roots' credentials in a data directory, by account.
#[must_use]
pub fn data_dir_files(dir: &Path) -> Vec<(AccountId, PathBuf)> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let id = name.to_str()?.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
            Some((AccountId::parse(id)?, entry.path()))
        })
        .collect();
    files.sort();
    files
}

impl RootKey {
    /// Reads a file that [`prepare`] wrote; None where there is none.
    pub fn read(path: &Path) -> Outcome<Option<Self>> {
        let shown = path.display();
        let Some(text) = file::read_if_there(path).cannot(format!("read {shown}"))? else {
            return Ok(None);
        };
        let sections = ini::parse(&text);
        let value = |key: &str| sections.get("default").and_then(|section| section.get(key));
        match (value("aws_access_key_id"), value("aws_secret_access_key")) {
            (Some(id), Some(secret)) => {
                Ok(Some(Self { access_key_id: id.clone(), secret: Secret::from(secret.as_str()) }))
            }
            _ => Err(Failure::new(format!("{shown} holds no credentials"))
                .hint("Restore it, or set WARDIAN_ROOT_ACCESS_KEY_ID and its secret.")),
        }
    }
}

fn file_name(of: &str) -> String {
    format!("{PREFIX}{of}{SUFFIX}")
}

/// Too short a secret could be guessed; nobody notices before it is.
fn checked(access_key_id: String, secret: String) -> Outcome<RootKey> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !(16..=128).contains(&access_key_id.len()) || !access_key_id.bytes().all(fits) {
        return Err(Failure::new(format!("{KEY_ID} is no access key id"))
            .hint("It has 16 to 128 letters and digits, such as AKIA and 16 of A-Z and 2-7."));
    }
    if secret.len() < 16 || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::new("root's secret is too short, or has letters that cannot be sent")
            .hint("Take 40 letters and digits at random: openssl rand -hex 20"));
    }
    Ok(RootKey { access_key_id, secret: Secret::from(secret) })
}

fn make(path: &Path, account: AccountId) -> Outcome<RootKey> {
    let access_key_id = id::unique_id(&RandomIds, "AKIA", account);
    let secret = id::secret_access_key();
    let shown = path.display();
    let text = format!(
        "# Root's credentials. Make an administrator instead: wardian admin create NAME\n\
         [default]\naws_access_key_id = {access_key_id}\naws_secret_access_key = {}\n",
        secret.expose_str().unwrap_or_default()
    );
    file::replace(path, text.as_bytes()).cannot(format!("write {shown}"))?;
    Ok(RootKey { access_key_id, secret })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_key_is_read_back_from_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let account = AccountId::parse("111122223333").unwrap();
        let path = dir.path().join(file_name(account.as_str()));
        let made = make(&path, account).unwrap();
        let read = RootKey::read(&path).unwrap().unwrap();
        assert_eq!(read.access_key_id, made.access_key_id);
        assert_eq!(read.secret, made.secret);
        assert_eq!(id::account_of(&read.access_key_id), Some(account));
        let files = data_dir_files(path.parent().unwrap());
        assert_eq!(files, [(account, path.clone())]);
        assert!(RootKey::read(&dir.path().join("none")).unwrap().is_none());
    }

    #[test]
    fn credentials_that_could_be_guessed_are_refused() {
        let bad = [("test", "test"), ("AKIAIOSFODNN7EXAMPLE", "secret"), ("AKIA IOSFODNN7 X", "x")];
        for (id, secret) in bad {
            assert!(checked(id.to_owned(), secret.to_owned()).is_err(), "{id}");
        }
        let good = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        assert!(checked(good.0.to_owned(), good.1.to_owned()).is_ok());
    }
}
