//! Long-term access keys: of users, and of an account's root user.
//!
//! A secret is shown once, when its key is made, and kept only sealed under the server's master
//! key.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html>

use api::Timestamp;
use api::iam::{
    AccessKey, AccessKeyLastUsed, AccessKeyMetadata, CreateAccessKeyRequest,
    CreateAccessKeyResponse, DeleteAccessKeyRequest, DeleteAccessKeyResponse,
    GetAccessKeyLastUsedRequest, GetAccessKeyLastUsedResponse, ListAccessKeysRequest,
    ListAccessKeysResponse, StatusType, UpdateAccessKeyRequest, UpdateAccessKeyResponse,
};
use gateway::{AccountId, Cx, Error, Identity};
use minicbor::{Decode, Encode};
use store::{ByteVec, Keyring, Record, Secret, Tx};

use crate::entity::{self, Kind};
use crate::page::{self, Ask};
use crate::tables::{KEYS, OWNED_KEYS, USES};
use crate::{count, error};

/// Stands for the root user where a user's id would.
pub const ROOT: &str = "root";

const KEYS_PER_USER: usize = 2;

#[derive(Debug, Clone, Encode, Decode)]
pub struct KeyRecord {
    #[n(0)]
    pub account: AccountId,
    /// None: the root user's.
    #[n(1)]
    pub user_id: Option<String>,
    #[n(2)]
    pub sealed: ByteVec,
    #[n(3)]
    pub active: bool,
    /// Seconds.
    #[n(4)]
    pub created: i64,
}

/// When and where a key or role was last used.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct UseRecord {
    /// Seconds.
    #[n(0)]
    pub at: i64,
    #[n(1)]
    pub service: String,
    #[n(2)]
    pub region: String,
}

impl Record for KeyRecord {
    const VERSION: u8 = 1;
}

impl Record for UseRecord {
    const VERSION: u8 = 1;
}

/// Whose keys an operation is about.
struct Holder {
    /// A user's id or [`ROOT`].
    id: String,
    /// None: the root user.
    name: Option<String>,
}

pub fn create_access_key(
    cx: &mut Cx<'_>,
    input: CreateAccessKeyRequest,
) -> Result<CreateAccessKeyResponse, Error> {
    let holder = holder(cx, input.user_name.as_deref())?;
    let present = owned(cx.tx, cx.account(), &holder.id)?.len();
    count::within(cx, "AccessKeysPerUser", KEYS_PER_USER, present)?;
    let (id, secret) = (cx.unique_id("AKIA"), cx.secret_access_key());
    let key = KeyRecord {
        account: cx.account(),
        user_id: holder.name.is_some().then(|| holder.id.clone()),
        sealed: seal(cx.keyring(), &id, &secret)?.into(),
        active: true,
        created: cx.now().as_seconds(),
    };
    KEYS.put(cx.tx, &id, &key)?;
    OWNED_KEYS.put(cx.tx, (key.account.number(), &holder.id, &id), &())?;
    Ok(CreateAccessKeyResponse {
        access_key: AccessKey {
            user_name: holder.name.unwrap_or_default(),
            access_key_id: id,
            status: StatusType::Active,
            secret_access_key: secret.expose_str().unwrap_or_default().to_owned(),
            create_date: Some(Timestamp::from_seconds(key.created)),
        },
    })
}

pub fn delete_access_key(
    cx: &mut Cx<'_>,
    input: DeleteAccessKeyRequest,
) -> Result<DeleteAccessKeyResponse, Error> {
    let holder = holder(cx, input.user_name.as_deref())?;
    let id = &input.access_key_id;
    own_key(cx.tx, cx.account(), &holder, id)?;
    let number = cx.account().number();
    KEYS.delete(cx.tx, id);
    OWNED_KEYS.delete(cx.tx, (number, &holder.id, id));
    USES.delete(cx.tx, (number, id));
    Ok(DeleteAccessKeyResponse::default())
}

pub fn get_access_key_last_used(
    cx: &mut Cx<'_>,
    input: GetAccessKeyLastUsedRequest,
) -> Result<GetAccessKeyLastUsedResponse, Error> {
    let id = &input.access_key_id;
    let key = KEYS.get(cx.tx, id)?.filter(|key| key.account == cx.account());
    let key = key.ok_or_else(|| no_such_key(id))?;
    let user_name = match &key.user_id {
        Some(user) => entity::by_id(cx.tx, key.account, user)?.map(|user| user.name),
        None => None,
    };
    let used = USES.get(cx.tx, (key.account.number(), id))?;
    let (service, region) =
        used.as_ref().map_or(("N/A", "N/A"), |used| (&used.service, &used.region));
    Ok(GetAccessKeyLastUsedResponse {
        user_name,
        access_key_last_used: Some(AccessKeyLastUsed {
            last_used_date: used.as_ref().map(|used| Timestamp::from_seconds(used.at)),
            service_name: service.to_owned(),
            region: region.to_owned(),
        }),
    })
}

pub fn list_access_keys(
    cx: &mut Cx<'_>,
    input: ListAccessKeysRequest,
) -> Result<ListAccessKeysResponse, Error> {
    let holder = holder(cx, input.user_name.as_deref())?;
    let mut keys = Vec::new();
    for id in owned(cx.tx, cx.account(), &holder.id)? {
        let Some(key) = KEYS.get(cx.tx, &id)? else { continue };
        let metadata = AccessKeyMetadata {
            user_name: holder.name.clone(),
            access_key_id: Some(id.clone()),
            status: Some(status(key.active)),
            create_date: Some(Timestamp::from_seconds(key.created)),
        };
        keys.push((id, metadata));
    }
    let scope = format!("ListAccessKeys {}", holder.id);
    let ask = Ask { scope: &scope, marker: input.marker.as_deref(), max_items: input.max_items };
    let page = page::sorted(cx, ask, keys)?;
    Ok(ListAccessKeysResponse {
        is_truncated: page.is_truncated(),
        access_key_metadata: page.items,
        marker: page.marker,
    })
}

pub fn update_access_key(
    cx: &mut Cx<'_>,
    input: UpdateAccessKeyRequest,
) -> Result<UpdateAccessKeyResponse, Error> {
    let holder = holder(cx, input.user_name.as_deref())?;
    let id = &input.access_key_id;
    let mut key = own_key(cx.tx, cx.account(), &holder, id)?;
    key.active = error::settable(input.status)?;
    KEYS.put(cx.tx, id, &key)?;
    Ok(UpdateAccessKeyResponse::default())
}

/// The ids of the keys of a user, or of [`ROOT`], sorted.
///
/// # Errors
/// Only what the store says.
pub fn owned(tx: &Tx, account: AccountId, owner: &str) -> Result<Vec<String>, Error> {
    let keys = OWNED_KEYS.scan(tx, OWNED_KEYS.prefix((account.number(), owner)), usize::MAX)?;
    Ok(keys.into_iter().map(|((_, _, key), ())| key).collect())
}

/// Seals a secret for its key id.
///
/// # Errors
/// Only what the keyring says.
pub fn seal(keyring: &Keyring, id: &str, secret: &Secret) -> Result<Vec<u8>, Error> {
    Ok(keyring.seal(&binding(id), secret.expose())?)
}

/// The secret of a key.
///
/// # Errors
/// Where it was not sealed under this server's keys.
pub fn secret(keyring: &Keyring, id: &str, key: &KeyRecord) -> Result<Secret, Error> {
    Ok(keyring.open(&binding(id), &key.sealed)?)
}

/// The key of that id, if it exists, with the name of the user it belongs to.
///
/// # Errors
/// Only what the store says.
pub fn find(tx: &Tx, id: &str) -> Result<Option<KeyRecord>, Error> {
    Ok(KEYS.get(tx, id)?)
}

fn binding(id: &str) -> Vec<u8> {
    format!("access-key {id}").into_bytes()
}

const fn status(active: bool) -> StatusType {
    if active { StatusType::Active } else { StatusType::Inactive }
}

/// The named user, or the caller: a user, or the account's root.
fn holder(cx: &Cx<'_>, name: Option<&str>) -> Result<Holder, Error> {
    if name.is_none() && matches!(cx.caller().identity, Identity::Root) {
        return Ok(Holder { id: ROOT.to_owned(), name: None });
    }
    let user = crate::user::named_or_caller(cx, name)?;
    debug_assert_eq!(user.kind, Kind::User);
    Ok(Holder { id: user.id, name: Some(user.name) })
}

fn own_key(tx: &Tx, account: AccountId, holder: &Holder, id: &str) -> Result<KeyRecord, Error> {
    let key = KEYS.get(tx, id)?.filter(|key| {
        key.account == account && key.user_id.as_deref().unwrap_or(ROOT) == holder.id
    });
    key.ok_or_else(|| no_such_key(id))
}

fn no_such_key(id: &str) -> Error {
    error::no_such_entity(format!("The Access Key with id {id} cannot be found."))
}
