//! X.509 signing certificates of IAM users.
//!
//! Requests are signed with access keys here, never with these. They are read, not only kept.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSigningCertificate.html>

use api::Timestamp;
use api::iam::{
    DeleteSigningCertificateRequest, DeleteSigningCertificateResponse,
    ListSigningCertificatesRequest, ListSigningCertificatesResponse, SigningCertificate,
    StatusType, UpdateSigningCertificateRequest, UpdateSigningCertificateResponse,
    UploadSigningCertificateRequest, UploadSigningCertificateResponse,
};
use gateway::id::Alphabet;
use gateway::{AccountId, Cx, Error};
use minicbor::{Decode, Encode};
use store::{Record, Tx};

use crate::entity::Entity;
use crate::page::{self, Ask};
use crate::tables::SIGNING_CERTIFICATES;
use crate::{certificate, count, error, user};

const CERTIFICATES_PER_USER: usize = 2;
const ID_LENGTH: usize = 32;

#[derive(Debug, Clone, Encode, Decode)]
pub struct SigningCertificateRecord {
    #[n(0)]
    pub body: String,
    #[n(1)]
    pub active: bool,
    /// Seconds.
    #[n(2)]
    pub created: i64,
}

impl Record for SigningCertificateRecord {
    const VERSION: u8 = 1;
}

pub fn delete_signing_certificate(
    cx: &mut Cx<'_>,
    input: DeleteSigningCertificateRequest,
) -> Result<DeleteSigningCertificateResponse, Error> {
    let (user, _) = get(cx, input.user_name.as_deref(), &input.certificate_id)?;
    let account = cx.account().number();
    SIGNING_CERTIFICATES.delete(cx.tx, (account, &user.id, &input.certificate_id));
    Ok(DeleteSigningCertificateResponse::default())
}

pub fn list_signing_certificates(
    cx: &mut Cx<'_>,
    input: ListSigningCertificatesRequest,
) -> Result<ListSigningCertificatesResponse, Error> {
    if input.user_name.is_none() && cx.caller().is_root() {
        // The root user's own, which it cannot have here.
        let is_truncated = Some(false);
        return Ok(ListSigningCertificatesResponse { is_truncated, ..Default::default() });
    }
    let user = user::named_or_caller(cx, input.user_name.as_deref())?;
    let found = owned(cx.tx, cx.account(), &user.id)?;
    let found = found.into_iter().map(|(id, record)| (id.clone(), shape(&user, id, record)));
    let found = found.collect();
    let scope = format!("ListSigningCertificates {}", user.id);
    let ask = Ask { scope: &scope, marker: input.marker.as_deref(), max_items: input.max_items };
    let page = page::sorted(cx, ask, found)?;
    Ok(ListSigningCertificatesResponse {
        is_truncated: page.is_truncated(),
        certificates: page.items,
        marker: page.marker,
    })
}

pub fn update_signing_certificate(
    cx: &mut Cx<'_>,
    input: UpdateSigningCertificateRequest,
) -> Result<UpdateSigningCertificateResponse, Error> {
    let (user, mut record) = get(cx, input.user_name.as_deref(), &input.certificate_id)?;
    record.active = error::settable(input.status)?;
    let account = cx.account().number();
    SIGNING_CERTIFICATES.put(cx.tx, (account, &user.id, &input.certificate_id), &record)?;
    Ok(UpdateSigningCertificateResponse::default())
}

pub fn upload_signing_certificate(
    cx: &mut Cx<'_>,
    input: UploadSigningCertificateRequest,
) -> Result<UploadSigningCertificateResponse, Error> {
    let account = cx.account();
    let user = user::named_or_caller(cx, input.user_name.as_deref())?;
    let given = certificate::one(&input.certificate_body).ok_or_else(|| {
        Error::new(api::iam::error::MALFORMED_CERTIFICATE, certificate::UNPARSABLE)
    })?;
    if !given.is_valid_at(cx.now()) {
        // AWS's sentence is not known; this is its documentation's.
        let message = "The certificate is invalid.";
        return Err(Error::new(api::iam::error::INVALID_CERTIFICATE, message));
    }
    let all = SIGNING_CERTIFICATES.prefix((account.number(),));
    for (_, known) in SIGNING_CERTIFICATES.scan(cx.tx, all, usize::MAX)? {
        if certificate::one(&known.body).is_some_and(|known| known.der == given.der) {
            let message = "The same certificate is associated with an IAM user in the account.";
            return Err(Error::new(api::iam::error::DUPLICATE_CERTIFICATE, message));
        }
    }
    let present = owned(cx.tx, account, &user.id)?.len();
    count::within(cx, "CertificatesPerUser", CERTIFICATES_PER_USER, present)?;
    let id = cx.letters(Alphabet::Base32, ID_LENGTH);
    let record = SigningCertificateRecord {
        body: input.certificate_body,
        active: true,
        created: cx.now().as_seconds(),
    };
    SIGNING_CERTIFICATES.put(cx.tx, (account.number(), &user.id, &id), &record)?;
    Ok(UploadSigningCertificateResponse { certificate: shape(&user, id, record) })
}

/// The certificates of a user, by id.
///
/// # Errors
/// Only what the store says.
pub fn owned(
    tx: &Tx,
    account: AccountId,
    user: &str,
) -> Result<Vec<(String, SigningCertificateRecord)>, Error> {
    let range = SIGNING_CERTIFICATES.prefix((account.number(), user));
    let rows = SIGNING_CERTIFICATES.scan(tx, range, usize::MAX)?;
    Ok(rows.into_iter().map(|((_, _, id), record)| (id, record)).collect())
}

fn get(
    cx: &Cx<'_>,
    user: Option<&str>,
    id: &str,
) -> Result<(Entity, SigningCertificateRecord), Error> {
    let user = user::named_or_caller(cx, user)?;
    let found = SIGNING_CERTIFICATES.get(cx.tx, (cx.account().number(), &user.id, id))?;
    let missing =
        || error::no_such_entity(format!("The Certificate with id {id} cannot be found."));
    Ok((user, found.ok_or_else(missing)?))
}

fn shape(user: &Entity, id: String, record: SigningCertificateRecord) -> SigningCertificate {
    let status = if record.active { StatusType::Active } else { StatusType::Inactive };
    SigningCertificate {
        user_name: user.name.clone(),
        certificate_id: id,
        certificate_body: record.body,
        status,
        upload_date: Some(Timestamp::from_seconds(record.created)),
    }
}
