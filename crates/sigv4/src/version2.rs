//! Signature Version 2 of S3: HMAC-SHA1 over a few lines of the request.
//!
//! AWS still takes it in the regions that were there before 2014, and boto3 presigns by it in
//! us-east-1 unless told otherwise; whether a region takes it is the gateway's to say. It covers
//! less of a request than Version 4 does: neither the body nor any header but `x-amz-*`,
//! `Content-Type`, `Content-MD5` and `Date`, and of the query only what names another resource or
//! overrides an answer's headers. Subresources that AWS's page does not list are covered too: what
//! is not signed for must not become another operation.
//!
//! AWS page: "Signing and authenticating REST requests" (Amazon S3 User Guide).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

use crate::error::{AuthError, Form, SignatureMismatch};
use crate::key::SecretKey;
use crate::request::{Headers, Request};
use crate::timestamp;
use crate::verify::MAX_SKEW_SECONDS;

/// The query keys that are part of the resource: AWS's list, and every other that names a
/// subresource or stands in a URI of the model.
const RESOURCE_KEYS: [&str; 52] = [
    "abac",
    "accelerate",
    "acl",
    "analytics",
    "annotation",
    "attributes",
    "cors",
    "defaultObjectAcl",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "metadataAnnotationTable",
    "metadataConfiguration",
    "metadataInventoryTable",
    "metadataJournalTable",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "partNumber",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "renameObject",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "retention",
    "select",
    "select-type",
    "session",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

/// A signature of Version 2, well-formed and unproven.
#[derive(Clone)]
pub struct Version2<'a> {
    form: Form,
    access_key_id: Cow<'a, str>,
    signature: Cow<'a, str>,
    session_token: Option<Cow<'a, str>>,
    time: Time<'a>,
}

#[derive(Clone)]
enum Time<'a> {
    /// When it was signed, as sent, and whether `Date` said so.
    Signed { at: i64, sent: Cow<'a, str>, is_date: bool },
    /// When it ends, as sent.
    Expires { at: i64, sent: Cow<'a, str> },
}

impl Version2<'_> {
    pub fn form(&self) -> Form {
        self.form
    }

    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// `x-amz-security-token`
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// When the client says it signed: seconds since 1970, UTC. A presigned request does not say.
    pub fn signed_at(&self) -> Option<i64> {
        match self.time {
            Time::Signed { at, .. } => Some(at),
            Time::Expires { .. } => None,
        }
    }
}

impl std::fmt::Debug for Version2<'_> {
    /// Without signature and session token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Version2")
            .field("form", &self.form)
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// Reads `Authorization: AWS <key id>:<signature>`.
pub(crate) fn of_header<'a>(
    credential: Cow<'a, str>,
    request: &Request<'a>,
    authorization: &str,
) -> Result<Version2<'a>, AuthError> {
    let malformed = || AuthError::MalformedVersion2 { authorization: authorization.to_owned() };
    let (access_key_id, signature) = credential.rsplit_once(':').ok_or_else(malformed)?;
    if access_key_id.is_empty() || signature.is_empty() {
        return Err(malformed());
    }
    let headers = request.headers;
    let amz = headers.one("x-amz-date")?;
    let sent = amz.map_or_else(|| headers.one("date"), |sent| Ok(Some(sent)))?;
    let sent = sent.ok_or(AuthError::MissingDate)?;
    let at = timestamp::parse_http(sent).or_else(|| timestamp::parse_basic(sent));
    let at = at.ok_or(AuthError::MissingDate)?;
    Ok(Version2 {
        form: Form::Header,
        access_key_id: Cow::Owned(access_key_id.to_owned()),
        signature: Cow::Owned(signature.to_owned()),
        session_token: headers.one("x-amz-security-token")?.map(String::from_utf8_lossy),
        time: Time::Signed { at, sent: String::from_utf8_lossy(sent), is_date: amz.is_none() },
    })
}

/// Reads the three parameters of a presigned request, decoded, and its token.
pub(crate) fn of_query<'a>(
    access_key_id: Cow<'a, str>,
    signature: Cow<'a, str>,
    expires: Cow<'a, str>,
    token: Option<Cow<'a, str>>,
) -> Result<Version2<'a>, AuthError> {
    let Some(at) = expires.parse().ok().filter(|at| (0..1 << 40).contains(at)) else {
        return Err(AuthError::MalformedVersion2Expires { given: expires.into_owned() });
    };
    let time = Time::Expires { at, sent: expires };
    Ok(Version2 { form: Form::Query, access_key_id, signature, session_token: token, time })
}

/// Checks time and signature. `bucket` is the one that the host names, None where the path does.
///
/// # Errors
/// [`AuthError::Skewed`], [`AuthError::ExpiredVersion2`], [`AuthError::SignatureDoesNotMatch`].
pub fn verify_version_2(
    presented: &Version2<'_>,
    request: &Request<'_>,
    bucket: Option<&str>,
    secret: &SecretKey,
    now: i64,
) -> Result<(), AuthError> {
    match &presented.time {
        Time::Signed { at, sent, .. } if at.abs_diff(now) > MAX_SKEW_SECONDS.unsigned_abs() => {
            return Err(AuthError::Skewed { at: *at, sent: sent.clone().into_owned(), now });
        }
        Time::Expires { at, .. } if now > *at => {
            return Err(AuthError::ExpiredVersion2 { at: *at, now });
        }
        _ => {}
    }
    let is_signature_of = |text: &[u8]| {
        let signature = BASE64.encode(secret.sign_sha1(text));
        bool::from(signature.as_bytes().ct_eq(presented.signature.as_bytes()))
    };
    let string_to_sign = string_to_sign(presented, request, bucket, request.path);
    if is_signature_of(&string_to_sign) {
        return Ok(());
    }
    if bucket.is_none() && names_a_bucket_without_slash(request.path) {
        let path = format!("{}/", request.path);
        if is_signature_of(&self::string_to_sign(presented, request, None, &path)) {
            return Ok(());
        }
    }
    Err(AuthError::SignatureDoesNotMatch(Box::new(SignatureMismatch {
        access_key_id: presented.access_key_id.clone().into_owned(),
        signature: presented.signature.clone().into_owned(),
        string_to_sign: String::from_utf8_lossy(&string_to_sign).into_owned(),
        canonical_request: None,
    })))
}

/// Clients sign for a bucket as its own host's root would be signed for, `/bucket/`, also where they
/// then ask for `/bucket`: boto3 does. Both are the bucket and nothing else.
fn names_a_bucket_without_slash(path: &str) -> bool {
    path.strip_prefix('/').is_some_and(|rest| !rest.is_empty() && !rest.contains('/'))
}

/// What is signed. Header values are bytes, so this is.
fn string_to_sign(
    presented: &Version2<'_>,
    request: &Request<'_>,
    bucket: Option<&str>,
    path: &str,
) -> Vec<u8> {
    let parameters = if presented.form == Form::Query { request.query } else { "" };
    let fields = Fields { headers: request.headers, query: parameters };
    let time = match &presented.time {
        Time::Signed { sent, is_date: true, .. } | Time::Expires { sent, .. } => sent.as_bytes(),
        Time::Signed { .. } => b"",
    };
    let mut text = Vec::new();
    for line in
        [request.method.as_bytes(), &fields.one("content-md5"), &fields.one("content-type"), time]
    {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text.extend_from_slice(&fields.amz());
    if let Some(bucket) = bucket {
        text.push(b'/');
        text.extend_from_slice(bucket.as_bytes());
    }
    text.extend_from_slice(path.as_bytes());
    text.extend_from_slice(resource_query(request.query).as_bytes());
    text
}

/// The headers of a request, and of a presigned one those that stand in its query: a header wins
/// over a parameter of its name, here and where it is obeyed.
struct Fields<'a> {
    headers: &'a Headers<'a>,
    query: &'a str,
}

impl Fields<'_> {
    fn one(&self, name: &str) -> Vec<u8> {
        let header = self.headers.all(name).next().map(|value| value.trim_ascii().to_vec());
        let parameter = || {
            let found = pairs(self.query).find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.into_owned().into_bytes())
        };
        header.or_else(parameter).unwrap_or_default()
    }

    /// `name:value` lines, by name; values of one name joined by commas.
    fn amz(&self) -> Vec<u8> {
        let is_amz = |name: &str| name.starts_with("x-amz-");
        let headers = self.headers.iter().filter(|(name, _)| is_amz(name));
        let mut lines: Vec<(String, Vec<u8>)> = Vec::new();
        for (name, value) in headers {
            match lines.last_mut().filter(|(last, _)| last == name) {
                Some((_, line)) => {
                    line.push(b',');
                    line.extend_from_slice(value.trim_ascii());
                }
                None => lines.push((name.to_owned(), value.trim_ascii().to_vec())),
            }
        }
        for (key, value) in pairs(self.query) {
            let name = key.to_ascii_lowercase();
            if is_amz(&name) && !lines.iter().any(|(line, _)| *line == name) {
                lines.push((name, value.trim().as_bytes().to_vec()));
            }
        }
        lines.sort();
        let mut text = Vec::new();
        for (name, value) in lines {
            text.extend_from_slice(name.as_bytes());
            text.push(b':');
            text.extend_from_slice(&value);
            text.push(b'\n');
        }
        text
    }
}

/// `?acl&versionId=3`: sorted, values decoded.
fn resource_query(query: &str) -> String {
    let is_part = |key: &str| RESOURCE_KEYS.binary_search(&key).is_ok();
    let with_value = |pair: &str| pair.contains('=');
    let parts = query.split('&').filter(|pair| !pair.is_empty());
    let mut parts: Vec<_> = parts
        .filter_map(|pair| pairs(pair).next().map(|(key, value)| (key, value, with_value(pair))))
        .filter(|(key, ..)| is_part(key))
        .collect();
    parts.sort();
    let parts: Vec<String> = parts
        .into_iter()
        .map(
            |(key, value, valued)| {
                if valued { format!("{key}={value}") } else { key.into_owned() }
            },
        )
        .collect();
    if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
}

fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (crate::inspect::decode(key), crate::inspect::decode(value))
    })
}

impl SecretKey {
    /// HMAC-SHA1 of some bytes.
    pub(crate) fn sign_sha1(&self, bytes: &[u8]) -> [u8; 20] {
        match Hmac::<Sha1>::new_from_slice(self.bytes()) {
            Ok(hmac) => hmac.chain_update(bytes).finalize().into_bytes().into(),
            // INVARIANT: an HMAC takes keys of any length.
            Err(_) => [0; 20],
        }
    }
}
