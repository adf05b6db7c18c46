//! Server certificates: a certificate, its chain and its private key, which never comes out again.
//!
//! No service here presents them. That they fit together is checked when they are uploaded.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs.html>

use api::iam::{
    DeleteServerCertificateRequest, DeleteServerCertificateResponse, GetServerCertificateRequest,
    GetServerCertificateResponse, ListServerCertificateTagsRequest,
    ListServerCertificateTagsResponse, ListServerCertificatesRequest,
    ListServerCertificatesResponse, ServerCertificate, ServerCertificateMetadata,
    TagServerCertificateRequest, TagServerCertificateResponse, UntagServerCertificateRequest,
    UntagServerCertificateResponse, UpdateServerCertificateRequest,
    UpdateServerCertificateResponse, UploadServerCertificateRequest,
    UploadServerCertificateResponse,
};
use api::{Structure, Timestamp};
use gateway::{AccountId, Cx, Error, Resource};
use minicbor::{Decode, Encode};
use store::{ByteVec, Record, Tx};

use crate::certificate::{self, Certificate};
use crate::page::{self, Ask};
use crate::public_key::PublicKey;
use crate::tables::SERVER_CERTIFICATES;
use crate::{arn, count, error, tag};

const CERTIFICATES_PER_ACCOUNT: usize = 20;
const COUNTED: &str = "server-certificate";

#[derive(Debug, Clone, Encode, Decode)]
pub struct ServerCertificateRecord {
    /// `ASCA…`
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub path: String,
    #[n(3)]
    pub body: String,
    #[n(4)]
    pub chain: Option<String>,
    /// The private key.
    #[n(5)]
    pub sealed: ByteVec,
    /// Seconds.
    #[n(6)]
    pub created: i64,
    /// Seconds.
    #[n(7)]
    pub expires: i64,
    #[n(8)]
    pub tags: Vec<(String, String)>,
}

impl Record for ServerCertificateRecord {
    const VERSION: u8 = 1;
}

impl ServerCertificateRecord {
    fn arn(&self, account: AccountId) -> String {
        arn::of(account, COUNTED, &self.path, &self.name)
    }

    fn metadata(&self, account: AccountId) -> ServerCertificateMetadata {
        ServerCertificateMetadata {
            path: self.path.clone(),
            server_certificate_name: self.name.clone(),
            server_certificate_id: self.id.clone(),
            arn: self.arn(account),
            upload_date: Some(Timestamp::from_seconds(self.created)),
            expiration: Some(Timestamp::from_seconds(self.expires)),
        }
    }
}

/// A certificate by its name.
pub fn resource(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let name = input.text("ServerCertificateName").unwrap_or_default();
    Ok(match find(cx.tx, cx.account(), name)? {
        Some(found) => of_record(cx, found),
        None => Resource::arn(arn::of(cx.account(), COUNTED, "/", name)),
    })
}

pub fn new_resource(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let name = input.text("ServerCertificateName").unwrap_or_default();
    let path = input.text("Path").unwrap_or("/");
    Ok(Resource::arn(arn::of(cx.account(), COUNTED, path, name)))
}

/// A certificate under the name and path that UpdateServerCertificate gives it.
pub fn renamed_resource(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let name = input.text("ServerCertificateName").unwrap_or_default();
    let Some(mut found) = find(cx.tx, cx.account(), name)? else { return resource(cx, input) };
    found.name = input.text("NewServerCertificateName").unwrap_or(&found.name).to_owned();
    found.path = input.text("NewPath").unwrap_or(&found.path).to_owned();
    Ok(of_record(cx, found))
}

pub fn delete_server_certificate(
    cx: &mut Cx<'_>,
    input: DeleteServerCertificateRequest,
) -> Result<DeleteServerCertificateResponse, Error> {
    let found = get(cx, &input.server_certificate_name)?;
    let account = cx.account();
    SERVER_CERTIFICATES.delete(cx.tx, (account.number(), found.name.to_lowercase()));
    count::subtract(cx.tx, account, COUNTED)?;
    Ok(DeleteServerCertificateResponse::default())
}

pub fn get_server_certificate(
    cx: &mut Cx<'_>,
    input: GetServerCertificateRequest,
) -> Result<GetServerCertificateResponse, Error> {
    let found = get(cx, &input.server_certificate_name)?;
    Ok(GetServerCertificateResponse {
        server_certificate: ServerCertificate {
            server_certificate_metadata: found.metadata(cx.account()),
            certificate_body: found.body,
            certificate_chain: found.chain,
            tags: tag::shapes_if_any(&found.tags),
        },
    })
}

pub fn list_server_certificate_tags(
    cx: &mut Cx<'_>,
    input: ListServerCertificateTagsRequest,
) -> Result<ListServerCertificateTagsResponse, Error> {
    let found = get(cx, &input.server_certificate_name)?;
    let page = tag::list(cx, &found.id, &found.tags, input.marker.as_deref(), input.max_items)?;
    Ok(ListServerCertificateTagsResponse {
        is_truncated: page.is_truncated(),
        tags: page.items,
        marker: page.marker,
    })
}

pub fn list_server_certificates(
    cx: &mut Cx<'_>,
    input: ListServerCertificatesRequest,
) -> Result<ListServerCertificatesResponse, Error> {
    let account = cx.account();
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    let range = SERVER_CERTIFICATES.prefix((account.number(),));
    let rows = SERVER_CERTIFICATES.scan(cx.tx, range, usize::MAX)?.into_iter();
    let rows = rows.filter(|(_, found)| found.path.starts_with(prefix));
    let found = rows.map(|((_, name), found)| (name, found.metadata(account))).collect();
    let scope = format!("ListServerCertificates {prefix}");
    let ask = Ask { scope: &scope, marker: input.marker.as_deref(), max_items: input.max_items };
    let page = page::sorted(cx, ask, found)?;
    Ok(ListServerCertificatesResponse {
        is_truncated: page.is_truncated(),
        server_certificate_metadata_list: page.items,
        marker: page.marker,
    })
}

pub fn tag_server_certificate(
    cx: &mut Cx<'_>,
    input: TagServerCertificateRequest,
) -> Result<TagServerCertificateResponse, Error> {
    let mut found = get(cx, &input.server_certificate_name)?;
    found.tags = tag::merged(cx, found.tags, &input.tags, "TagsPerServerCertificate")?;
    put(cx, &found)?;
    Ok(TagServerCertificateResponse::default())
}

pub fn untag_server_certificate(
    cx: &mut Cx<'_>,
    input: UntagServerCertificateRequest,
) -> Result<UntagServerCertificateResponse, Error> {
    let mut found = get(cx, &input.server_certificate_name)?;
    found.tags = tag::without(found.tags, &input.tag_keys);
    put(cx, &found)?;
    Ok(UntagServerCertificateResponse::default())
}

pub fn update_server_certificate(
    cx: &mut Cx<'_>,
    input: UpdateServerCertificateRequest,
) -> Result<UpdateServerCertificateResponse, Error> {
    let mut found = get(cx, &input.server_certificate_name)?;
    let account = cx.account().number();
    if let Some(name) = input.new_server_certificate_name {
        if !name.eq_ignore_ascii_case(&found.name) {
            refuse_taken(cx, &name)?;
        }
        SERVER_CERTIFICATES.delete(cx.tx, (account, found.name.to_lowercase()));
        found.name = name;
    }
    found.path = input.new_path.unwrap_or(found.path);
    put(cx, &found)?;
    Ok(UpdateServerCertificateResponse::default())
}

pub fn upload_server_certificate(
    cx: &mut Cx<'_>,
    input: UploadServerCertificateRequest,
) -> Result<UploadServerCertificateResponse, Error> {
    let tags = tag::checked(input.tags.as_deref().unwrap_or_default())?;
    let given = checked(cx.now(), &input)?;
    refuse_taken(cx, &input.server_certificate_name)?;
    count::add(cx, COUNTED, "ServerCertificatesPerAccount", CERTIFICATES_PER_ACCOUNT)?;
    let id = cx.unique_id("ASCA");
    let binding = format!("server-certificate {id}");
    let sealed = cx.keyring().seal(binding.as_bytes(), input.private_key.as_bytes())?.into();
    let record = ServerCertificateRecord {
        id,
        name: input.server_certificate_name,
        path: input.path.unwrap_or_else(|| "/".to_owned()),
        body: input.certificate_body,
        chain: input.certificate_chain,
        sealed,
        created: cx.now().as_seconds(),
        expires: given.not_after,
        tags,
    };
    put(cx, &record)?;
    Ok(UploadServerCertificateResponse {
        server_certificate_metadata: Some(record.metadata(cx.account())),
        tags: tag::shapes_if_any(&record.tags),
    })
}

/// How many there are.
///
/// # Errors
/// Only what the store says.
pub fn count(tx: &Tx, account: AccountId) -> Result<u64, Error> {
    count::of(tx, account, COUNTED)
}

/// The certificate, where key and chain are its own.
fn checked(now: Timestamp, input: &UploadServerCertificateRequest) -> Result<Certificate, Error> {
    use api::iam::error::KEY_PAIR_MISMATCH;
    let given = certificate::one(&input.certificate_body)
        .ok_or_else(|| malformed(certificate::UNPARSABLE))?;
    let key = PublicKey::of_private_key(&input.private_key)
        .ok_or_else(|| malformed("Invalid Private Key."))?;
    if key != given.key {
        // AWS's sentence is not known; this is its documentation's.
        let message = "The public key certificate and the private key do not match.";
        return Err(Error::new(KEY_PAIR_MISMATCH, message));
    }
    if !given.is_valid_at(now) {
        // AWS's sentence is not known.
        return Err(malformed("The certificate is not valid at this time."));
    }
    let Some(chain) = &input.certificate_chain else { return Ok(given) };
    let order = "Unable to validate certificate chain. The certificate chain must start with the \
                 immediate signing certificate, followed by any intermediaries in order.";
    let chain = certificate::all(chain).ok_or_else(|| malformed(order))?;
    match certificate::broken_link(&given, &chain) {
        None => Ok(given),
        Some(at) => Err(malformed(&format!(
            "{order} The index within the chain of the invalid certificate is: {at}"
        ))),
    }
}

fn malformed(message: &str) -> Error {
    Error::new(api::iam::error::MALFORMED_CERTIFICATE, message)
}

fn of_record(cx: &Cx<'_>, found: ServerCertificateRecord) -> Resource {
    Resource::arn(found.arn(cx.account())).tagged(found.tags.into_iter().collect())
}

fn refuse_taken(cx: &Cx<'_>, name: &str) -> Result<(), Error> {
    if SERVER_CERTIFICATES.contains(cx.tx, (cx.account().number(), name.to_lowercase()))? {
        let message = format!("The Server Certificate with name {name} already exists.");
        return Err(error::already_exists(message));
    }
    Ok(())
}

fn find(tx: &Tx, account: AccountId, name: &str) -> Result<Option<ServerCertificateRecord>, Error> {
    Ok(SERVER_CERTIFICATES.get(tx, (account.number(), name.to_lowercase()))?)
}

fn get(cx: &Cx<'_>, name: &str) -> Result<ServerCertificateRecord, Error> {
    find(cx.tx, cx.account(), name)?.ok_or_else(|| {
        error::no_such_entity(format!("The Server Certificate with name {name} cannot be found."))
    })
}

fn put(cx: &mut Cx<'_>, record: &ServerCertificateRecord) -> Result<(), Error> {
    let account = cx.account().number();
    Ok(SERVER_CERTIFICATES.put(cx.tx, (account, record.name.to_lowercase()), record)?)
}
