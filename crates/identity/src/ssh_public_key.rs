//! SSH public keys of IAM users: RSA keys, for services that speak SSH.
//!
//! No such service is here, so nobody signs in with them. They are read, not only kept.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_ssh-keys.html>

use api::Timestamp;
use api::iam::{
    DeleteSSHPublicKeyRequest, DeleteSSHPublicKeyResponse, EncodingType, GetSSHPublicKeyRequest,
    GetSSHPublicKeyResponse, ListSSHPublicKeysRequest, ListSSHPublicKeysResponse, SSHPublicKey,
    SSHPublicKeyMetadata, StatusType, UpdateSSHPublicKeyRequest, UpdateSSHPublicKeyResponse,
    UploadSSHPublicKeyRequest, UploadSSHPublicKeyResponse,
};
use gateway::{AccountId, Cx, Error};
use minicbor::{Decode, Encode};
use store::{ByteVec, Record, Tx};

use crate::entity::{self, Entity, Kind};
use crate::page::{self, Ask};
use crate::ssh_key::{self, SshKey, Unreadable};
use crate::tables::SSH_KEYS;
use crate::{count, error, user};

const KEYS_PER_USER: usize = 5;

#[derive(Debug, Clone, Encode, Decode)]
pub struct SshKeyRecord {
    /// As it was given.
    #[n(0)]
    pub body: String,
    #[n(1)]
    pub modulus: ByteVec,
    #[n(2)]
    pub exponent: ByteVec,
    #[n(3)]
    pub active: bool,
    /// Seconds.
    #[n(4)]
    pub created: i64,
}

impl Record for SshKeyRecord {
    const VERSION: u8 = 1;
}

impl SshKeyRecord {
    fn key(&self) -> SshKey {
        SshKey { modulus: self.modulus.to_vec(), exponent: self.exponent.to_vec() }
    }

    fn status(&self) -> StatusType {
        if self.active { StatusType::Active } else { StatusType::Inactive }
    }
}

/// Deleting what is not there is an error.
pub fn delete_ssh_public_key(
    cx: &mut Cx<'_>,
    input: DeleteSSHPublicKeyRequest,
) -> Result<DeleteSSHPublicKeyResponse, Error> {
    let (user, _) = get(cx, &input.user_name, &input.ssh_public_key_id)?;
    let account = cx.account().number();
    SSH_KEYS.delete(cx.tx, (account, &user.id, &input.ssh_public_key_id));
    Ok(DeleteSSHPublicKeyResponse::default())
}

pub fn get_ssh_public_key(
    cx: &mut Cx<'_>,
    input: GetSSHPublicKeyRequest,
) -> Result<GetSSHPublicKeyResponse, Error> {
    let (user, record) = get(cx, &input.user_name, &input.ssh_public_key_id)?;
    let is_pem = ssh_key::is_pem(&record.body);
    let body = match input.encoding {
        EncodingType::Ssh if is_pem => record.key().ssh(),
        EncodingType::Pem if !is_pem => record.key().pem(),
        _ => record.body.clone(),
    };
    let key = shape(&user, input.ssh_public_key_id, &record, body);
    Ok(GetSSHPublicKeyResponse { ssh_public_key: Some(key) })
}

pub fn list_ssh_public_keys(
    cx: &mut Cx<'_>,
    input: ListSSHPublicKeysRequest,
) -> Result<ListSSHPublicKeysResponse, Error> {
    let user = user::named_or_caller(cx, input.user_name.as_deref())?;
    let keys = owned(cx.tx, cx.account(), &user.id)?.into_iter().map(|(id, record)| {
        let metadata = SSHPublicKeyMetadata {
            user_name: user.name.clone(),
            ssh_public_key_id: id.clone(),
            status: record.status(),
            upload_date: Timestamp::from_seconds(record.created),
        };
        (id, metadata)
    });
    let keys = keys.collect();
    let scope = format!("ListSSHPublicKeys {}", user.id);
    let ask = Ask { scope: &scope, marker: input.marker.as_deref(), max_items: input.max_items };
    let page = page::sorted(cx, ask, keys)?;
    Ok(ListSSHPublicKeysResponse {
        is_truncated: page.is_truncated(),
        ssh_public_keys: Some(page.items),
        marker: page.marker,
    })
}

pub fn update_ssh_public_key(
    cx: &mut Cx<'_>,
    input: UpdateSSHPublicKeyRequest,
) -> Result<UpdateSSHPublicKeyResponse, Error> {
    let (user, mut record) = get(cx, &input.user_name, &input.ssh_public_key_id)?;
    record.active = error::settable(input.status)?;
    let account = cx.account().number();
    SSH_KEYS.put(cx.tx, (account, &user.id, &input.ssh_public_key_id), &record)?;
    Ok(UpdateSSHPublicKeyResponse::default())
}

pub fn upload_ssh_public_key(
    cx: &mut Cx<'_>,
    input: UploadSSHPublicKeyRequest,
) -> Result<UploadSSHPublicKeyResponse, Error> {
    let account = cx.account();
    let user = entity::get(cx.tx, account, Kind::User, &input.user_name)?;
    let key = ssh_key::read(&input.ssh_public_key_body).map_err(refused)?;
    let present = owned(cx.tx, account, &user.id)?;
    if present.iter().any(|(_, known)| known.key() == key) {
        let message = "The SSH public key is already associated with the specified IAM user.";
        return Err(Error::new(api::iam::error::DUPLICATE_SSH_PUBLIC_KEY, message));
    }
    count::within(cx, "SSHPublicKeysPerUser", KEYS_PER_USER, present.len())?;
    let id = cx.unique_id("APKA");
    let record = SshKeyRecord {
        body: input.ssh_public_key_body,
        modulus: key.modulus.into(),
        exponent: key.exponent.into(),
        active: true,
        created: cx.now().as_seconds(),
    };
    SSH_KEYS.put(cx.tx, (account.number(), &user.id, &id), &record)?;
    let key = shape(&user, id, &record, record.body.clone());
    Ok(UploadSSHPublicKeyResponse { ssh_public_key: Some(key) })
}

/// The keys of a user, by id.
///
/// # Errors
/// Only what the store says.
pub fn owned(
    tx: &Tx,
    account: AccountId,
    user: &str,
) -> Result<Vec<(String, SshKeyRecord)>, Error> {
    let rows = SSH_KEYS.scan(tx, SSH_KEYS.prefix((account.number(), user)), usize::MAX)?;
    Ok(rows.into_iter().map(|((_, _, id), record)| (id, record)).collect())
}

fn get(cx: &Cx<'_>, user: &str, id: &str) -> Result<(Entity, SshKeyRecord), Error> {
    let user = entity::get(cx.tx, cx.account(), Kind::User, user)?;
    let found = SSH_KEYS.get(cx.tx, (cx.account().number(), &user.id, id))?;
    let missing =
        || error::no_such_entity(format!("The SSH Public Key with id {id} cannot be found."));
    Ok((user, found.ok_or_else(missing)?))
}

/// AWS's sentences are not known; these are those of its documentation.
fn refused(why: Unreadable) -> Error {
    use api::iam::error::{INVALID_PUBLIC_KEY, UNRECOGNIZED_PUBLIC_KEY_ENCODING};
    match why {
        Unreadable::Encoding => Error::new(
            UNRECOGNIZED_PUBLIC_KEY_ENCODING,
            "The public key encoding format is unsupported or unrecognized.",
        ),
        Unreadable::Key => {
            Error::new(INVALID_PUBLIC_KEY, "The public key is malformed or otherwise invalid.")
        }
    }
}

fn shape(user: &Entity, id: String, record: &SshKeyRecord, body: String) -> SSHPublicKey {
    SSHPublicKey {
        user_name: user.name.clone(),
        ssh_public_key_id: id,
        fingerprint: record.key().fingerprint(),
        ssh_public_key_body: body,
        status: record.status(),
        upload_date: Some(Timestamp::from_seconds(record.created)),
    }
}
