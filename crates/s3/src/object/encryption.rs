//! How an object is encrypted: by the server's keys always (SSE-S3), and under a key that the
//! customer keeps where the request brings one (SSE-C).
//!
//! Of a customer's key nothing is kept but what tells it from others ([`store::KeyCheck`]).
//! Deliberately absent: KMS. AWS:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html>

use api::Structure;
use api::s3::error as code;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway::{Cx, Error};
use md5::{Digest as _, Md5};
use store::{CustomerKey, KeyCheck, Secret};

use crate::bucket::Found;
use crate::checksum::set_text;
use crate::error;

/// Bytes of an AES-256 key.
const KEY: usize = 32;
/// What errors name, whichever header is wrong.
const ARGUMENT: &str = "x-amz-server-side-encryption";

/// How a new object is encrypted, or one that is there was.
#[derive(Debug, Clone, Default)]
pub struct Encryption(Option<Customer>);

#[derive(Debug, Clone)]
struct Customer {
    key: CustomerKey,
    check: KeyCheck,
    /// As the request said it, and hears it again.
    md5: String,
}

/// A customer's key as a request brings it.
struct Brought {
    key: Secret,
    /// None where the request does not say it.
    md5: Option<String>,
}

/// The members that bring a key: of what is written or read, and of a copy's source.
struct Members {
    algorithm: &'static str,
    key: &'static str,
    md5: &'static str,
}

const OWN: Members =
    Members { algorithm: "SSECustomerAlgorithm", key: "SSECustomerKey", md5: "SSECustomerKeyMD5" };
const SOURCE: Members = Members {
    algorithm: "CopySourceSSECustomerAlgorithm",
    key: "CopySourceSSECustomerKey",
    md5: "CopySourceSSECustomerKeyMD5",
};

impl Encryption {
    /// Of a new object or upload.
    ///
    /// # Errors
    /// S3's own for what is wrong; NotImplemented for KMS; AccessDenied where the bucket does not
    /// take customers' keys.
    pub fn of_new(cx: &Cx<'_>, input: &dyn Structure, found: &Found) -> Result<Self, Error> {
        let brought = match input.text("ServerSideEncryption") {
            Some(other) if OWN.any(input) => {
                let message = "Server Side Encryption with Customer provided key is incompatible \
                               with the encryption method specified";
                return Err(error::invalid_argument(message, ARGUMENT, other));
            }
            Some("aws:kms" | "aws:kms:dsse") => return Err(error::unsupported(ARGUMENT)),
            None | Some("AES256") => brought(cx, input, &OWN)?,
            Some(other) => return Err(invalid_algorithm(other)),
        };
        let Some(Brought { key, md5 }) = brought else { return Ok(Self(None)) };
        check_length(&key)?;
        let md5 = md5.ok_or_else(invalid_key)?;
        if found.bucket.blocks_customer_keys == Some(true) {
            return Err(blocked(cx, input, found));
        }
        let (key, check) = CustomerKey::new(&key)?;
        Ok(Self(Some(Customer { key, check, md5 })))
    }

    /// Of an object that is read: the request must bring the key that it was written under.
    ///
    /// # Errors
    /// InvalidRequest where it brings none, or one too many; AccessDenied for the wrong one.
    pub fn of_stored(
        cx: &Cx<'_>,
        input: &dyn Structure,
        check: Option<&KeyCheck>,
    ) -> Result<Self, Error> {
        stored(brought(cx, input, &OWN)?, check)
    }

    /// Of a copy's source: as [`Encryption::of_stored`].
    ///
    /// # Errors
    /// The same.
    pub fn of_source(
        cx: &Cx<'_>,
        input: &dyn Structure,
        check: Option<&KeyCheck>,
    ) -> Result<Self, Error> {
        stored(brought(cx, input, &SOURCE)?, check)
    }

    /// Of a part: each must bring the key that its upload was initiated with.
    ///
    /// # Errors
    /// InvalidRequest.
    pub fn of_part(
        cx: &Cx<'_>,
        input: &dyn Structure,
        check: Option<&KeyCheck>,
    ) -> Result<Self, Error> {
        match (brought(cx, input, &OWN)?, check) {
            (None, None) => Ok(Self(None)),
            (Some(brought), Some(check)) => {
                let Brought { key, md5 } = brought;
                check_length(&key)?;
                let key = check.open(&key).ok_or_else(|| {
                    error::invalid_request(
                        "The provided encryption parameters did not match the ones used \
                         originally.",
                    )
                })?;
                Ok(Self(Some(Customer { key, check: *check, md5: md5.ok_or_else(invalid_key)? })))
            }
            _ => Err(error::invalid_request(
                "The multipart upload initiate requested encryption. Subsequent part requests \
                 must include the appropriate encryption parameters.",
            )),
        }
    }

    /// Of an upload that is completed or listed: the key may be left out where no checksum needs
    /// it.
    ///
    /// # Errors
    /// InvalidRequest.
    pub fn of_upload(
        cx: &Cx<'_>,
        input: &dyn Structure,
        check: Option<&KeyCheck>,
        has_checksum: bool,
    ) -> Result<(), Error> {
        if OWN.any(input) || (has_checksum && check.is_some()) {
            Self::of_part(cx, input, check)?;
        }
        Ok(())
    }

    /// What bodies are encrypted under, besides the server's own keys.
    pub fn key(&self) -> Option<&CustomerKey> {
        self.0.as_ref().map(|customer| &customer.key)
    }

    /// What is kept with the object.
    pub fn check(&self) -> Option<KeyCheck> {
        self.0.as_ref().map(|customer| customer.check)
    }

    /// True under a customer's key.
    pub fn is_customers(&self) -> bool {
        self.0.is_some()
    }

    /// Writes into an answer how the object is encrypted.
    pub fn show(&self, output: &mut dyn Structure) {
        match &self.0 {
            None => set_text(output, "ServerSideEncryption", "AES256"),
            Some(customer) => {
                set_text(output, OWN.algorithm, "AES256");
                set_text(output, OWN.md5, &customer.md5);
            }
        }
    }
}

impl Members {
    fn any(&self, input: &dyn Structure) -> bool {
        [self.algorithm, self.key, self.md5].iter().any(|member| input.text(member).is_some())
    }
}

fn stored(brought: Option<Brought>, check: Option<&KeyCheck>) -> Result<Encryption, Error> {
    match (brought, check) {
        (None, None) => Ok(Encryption(None)),
        (None, Some(_)) => Err(error::invalid_request(
            "The object was stored using a form of Server Side Encryption. The correct parameters \
             must be provided to retrieve the object.",
        )),
        (Some(_), None) => Err(error::invalid_request(
            "The encryption parameters are not applicable to this object.",
        )),
        (Some(Brought { key, md5 }), Some(check)) => match (check.open(&key), md5) {
            (Some(key), Some(md5)) => Ok(Encryption(Some(Customer { key, check: *check, md5 }))),
            _ => Err(Error::access_denied(
                "Requests specifying Server Side Encryption with Customer provided keys must \
                 provide the correct secret key.",
            )),
        },
    }
}

/// A key that something is to be written under; of one that is to open something, only whether it
/// does is said.
fn check_length(key: &Secret) -> Result<(), Error> {
    if key.expose().len() == KEY { Ok(()) } else { Err(invalid_key()) }
}

/// The key that a request brings, and its digest, once they were found to belong together.
fn brought(
    cx: &Cx<'_>,
    input: &dyn Structure,
    members: &Members,
) -> Result<Option<Brought>, Error> {
    if !members.any(input) {
        return Ok(None);
    }
    if !cx.request().secure && !cx.limits().customer_keys_over_http {
        return Err(error::invalid_request(
            "Requests specifying Server Side Encryption with Customer provided keys must be made \
             over a secure connection.",
        ));
    }
    match input.text(members.algorithm) {
        None => {
            return Err(invalid(
                "Requests specifying Server Side Encryption with Customer provided keys must \
                 provide a valid encryption algorithm.",
            ));
        }
        Some("AES256") => {}
        Some(other) => return Err(invalid_algorithm(other)),
    }
    let key = input.text(members.key).ok_or_else(|| {
        invalid(
            "Requests specifying Server Side Encryption with Customer provided keys must provide \
             an appropriate secret key.",
        )
    })?;
    let key = Secret::new(BASE64.decode(key.trim()).map_err(|_| invalid_key())?);
    let md5 = input.text(members.md5).map(str::to_owned);
    let digest = Md5::digest(key.expose());
    if md5.as_ref().is_some_and(|md5| *md5 != BASE64.encode(digest)) {
        return Err(invalid(
            "The calculated MD5 hash of the key did not match the hash that was provided.",
        ));
    }
    Ok(Some(Brought { key, md5 }))
}

fn invalid(message: &str) -> Error {
    Error::new(code::INVALID_ARGUMENT, message).with("ArgumentName", ARGUMENT)
}

fn invalid_key() -> Error {
    invalid("The secret key was invalid for the specified algorithm.")
}

fn invalid_algorithm(algorithm: &str) -> Error {
    let message = "The Encryption request you specified is not valid. Supported value: AES256.";
    Error::new(code::INVALID_ENCRYPTION_ALGORITHM_ERROR, message)
        .with("ArgumentName", ARGUMENT)
        .with("ArgumentValue", algorithm)
}

/// The bucket's encryption configuration blocks SSE-C.
fn blocked(cx: &Cx<'_>, input: &dyn Structure, found: &Found) -> Error {
    if cx.caller().is_anonymous() || cx.account() != found.bucket.account {
        return error::access_denied();
    }
    let (who, bucket) = (cx.caller_arn(), found.arn());
    let key = input.text("Key").unwrap_or_default();
    Error::access_denied(format!(
        "User: {who} is not authorized to perform: s3:PutObject on resource: \"{bucket}/{key}\" \
         because this bucket has blocked upload requests that specify Server Side Encryption with \
         Customer provided keys (SSE-C). Please specify a different server-side encryption type"
    ))
}
