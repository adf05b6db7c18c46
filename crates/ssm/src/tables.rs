//! What is kept of parameters. Every key begins with account and region.
//!
//! | Table | Key behind account and region | Value |
//! |---|---|---|
//! | 400 | the name without its first slash | [`Parameter`] |
//! | 401 | the same, version | [`Version`] |
//!
//! The name as it was put stands in the parameter: `/a` and `a` are the same one.

use std::collections::BTreeMap;

use gateway::{AccountId, Cx, Error, tables};
use minicbor::{Decode, Encode};
use store::{ByteVec, Record, Table, Tx};

pub const PARAMETERS: Table<(u64, String, String), Parameter> = Table::new(tables::SSM);
pub const VERSIONS: Table<(u64, String, String, u64), Version> = Table::new(tables::SSM + 1);

/// What all versions share.
#[derive(Clone, Encode, Decode)]
pub struct Parameter {
    /// As it was put.
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub latest: u64,
    #[n(2)]
    pub oldest: u64,
    #[n(3)]
    pub tags: BTreeMap<String, String>,
    /// When its policy ends it, in milliseconds of AWS time.
    #[n(4)]
    pub expires: Option<i64>,
}

#[derive(Clone, Encode, Decode)]
pub struct Version {
    /// `String`, `StringList`
    #[n(0)]
    pub kind: String,
    /// Sealed: not every secret is put as one.
    #[n(1)]
    pub value: ByteVec,
    /// In milliseconds of AWS time.
    #[n(2)]
    pub modified: i64,
    /// The ARN of who put it.
    #[n(3)]
    pub by: String,
    #[n(4)]
    pub description: Option<String>,
    #[n(5)]
    pub allowed_pattern: Option<String>,
    /// `Standard`, `Advanced`
    #[n(6)]
    pub tier: String,
    #[n(7)]
    pub data_type: String,
    #[n(8)]
    pub labels: Vec<String>,
    /// Each as the JSON it was put as.
    #[n(9)]
    pub policies: Vec<String>,
}

impl Record for Parameter {
    const VERSION: u8 = 1;
}
impl Record for Version {
    const VERSION: u8 = 1;
}

/// Deletes every parameter of the account as if it had never been.
pub fn reset(tx: &mut Tx, account: AccountId) {
    PARAMETERS.delete_prefix(tx, (account.number(),));
    VERSIONS.delete_prefix(tx, (account.number(),));
}

/// The parameter of the path; None where there is none, or its policy has ended it.
///
/// # Errors
/// Only what the store says.
pub fn find(cx: &Cx<'_>, path: &str) -> Result<Option<Parameter>, Error> {
    let found = PARAMETERS.get(cx.tx, (cx.account().number(), cx.region(), path))?;
    Ok(found.filter(|parameter| parameter.lives(cx)))
}

/// One version of a parameter.
///
/// # Errors
/// Only what the store says.
pub fn version(cx: &Cx<'_>, path: &str, number: u64) -> Result<Option<Version>, Error> {
    Ok(VERSIONS.get(cx.tx, (cx.account().number(), cx.region(), path, number))?)
}

/// The version that a parameter stands on.
///
/// # Errors
/// Only what the store says.
pub fn latest(cx: &Cx<'_>, path: &str, parameter: &Parameter) -> Result<Version, Error> {
    let found = version(cx, path, parameter.latest)?;
    found.ok_or_else(|| Error::internal("a parameter without its latest version"))
}

/// All versions that are kept, with their numbers, the oldest first.
///
/// # Errors
/// Only what the store says.
pub fn versions(cx: &Cx<'_>, path: &str) -> Result<Vec<(u64, Version)>, Error> {
    let range = VERSIONS.prefix((cx.account().number(), cx.region(), path));
    let rows = VERSIONS.scan(cx.tx, range, VERSIONS_MAX + 1)?;
    Ok(rows.into_iter().map(|((.., number), version)| (number, version)).collect())
}

/// The versions of a parameter that are kept.
pub const VERSIONS_MAX: usize = 100;

/// # Errors
/// Only what the store says.
pub fn put(cx: &mut Cx<'_>, path: &str, parameter: &Parameter) -> Result<(), Error> {
    let (account, region) = (cx.account().number(), cx.region().to_owned());
    Ok(PARAMETERS.put(cx.tx, (account, region.as_str(), path), parameter)?)
}

/// # Errors
/// Only what the store says.
pub fn put_version(
    cx: &mut Cx<'_>,
    path: &str,
    number: u64,
    version: &Version,
) -> Result<(), Error> {
    let (account, region) = (cx.account().number(), cx.region().to_owned());
    Ok(VERSIONS.put(cx.tx, (account, region.as_str(), path, number), version)?)
}

pub fn delete_version(cx: &mut Cx<'_>, path: &str, number: u64) {
    let (account, region) = (cx.account().number(), cx.region().to_owned());
    VERSIONS.delete(cx.tx, (account, region.as_str(), path, number));
}

/// The parameter and all its versions.
pub fn delete(cx: &mut Cx<'_>, path: &str) {
    let (account, region) = (cx.account().number(), cx.region().to_owned());
    PARAMETERS.delete(cx.tx, (account, region.as_str(), path));
    VERSIONS.delete_prefix(cx.tx, (account, region.as_str(), path));
}

/// # Errors
/// What the keyring says.
pub fn seal(cx: &Cx<'_>, path: &str, value: &str) -> Result<ByteVec, Error> {
    Ok(ByteVec::from(cx.keyring().seal(&purpose(cx, path), value.as_bytes())?))
}

/// # Errors
/// What the keyring says.
pub fn open(cx: &Cx<'_>, path: &str, version: &Version) -> Result<String, Error> {
    let opened = cx.keyring().open(&purpose(cx, path), &version.value);
    let value = opened.map_err(Error::internal)?;
    let value = value.expose_str().map(str::to_owned);
    value.ok_or_else(|| Error::internal("a parameter's value that is no text"))
}

fn purpose(cx: &Cx<'_>, path: &str) -> Vec<u8> {
    format!("ssm parameter {} {} {path}", cx.account(), cx.region()).into_bytes()
}

impl Parameter {
    pub fn lives(&self, cx: &Cx<'_>) -> bool {
        self.expires.is_none_or(|at| cx.now().as_millis() < at)
    }
}
