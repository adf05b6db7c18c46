//! Signature Version 4 (and S3's Version 2): who signed this request, and is the signature right?
//!
//! The gateway's way through this crate, top-down:
//!
//! 1. [`Headers`] and [`Request`] borrow the request as it came over the wire.
//! 2. [`inspect`] says what the request presents: nothing ([`Presented::Anonymous`]) or an
//!    [`Authorization`], from the header or from a presigned query. Nothing is trusted yet; its
//!    [`Credential`] names the access key whose [`SecretKey`] the gateway looks up.
//! 3. [`verify`] checks scope, signed headers, time and signature, and returns a [`Verified`].
//!    [`SigningKeys`] remembers derived keys between requests.
//! 4. A body sent in aws-chunked form goes through a [`ChunkDecoder`], seeded by
//!    [`Verified::seed`].
//! 5. Whatever fails is an [`AuthError`] or a [`ChunkError`]; `code`, `status`, `message` and
//!    `fields` give AWS's own words for it.
//!
//! [`sign`] and [`presign`] are the client's side, for the command line, benches and tests.
//!
//! ```
//! use sigv4::*;
//!
//! # fn main() -> Result<(), AuthError> {
//! let secret = SecretKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
//! let (key_id, now) = ("AKIAIOSFODNN7EXAMPLE", 1_369_353_600);
//! let scope = SigningScope { style: Style::Query, service: "sts", region: "us-east-1" };
//! let mut fields = vec![("host", "localhost".to_owned())];
//!
//! // The client.
//! let headers = Headers::new(fields.iter().map(|(name, value)| (*name, value.as_bytes())));
//! let request = Request { method: "POST", path: "/", query: "", headers: &headers };
//! let credentials = Credentials { access_key_id: key_id, secret: &secret, session_token: None };
//! let body = sha256(b"Action=GetCallerIdentity&Version=2011-06-15");
//! let signed = sign(&request, &credentials, &scope, PayloadHash::Signed(body), now);
//! fields.extend(signed.headers);
//!
//! // The server.
//! let headers = Headers::new(fields.iter().map(|(name, value)| (*name, value.as_bytes())));
//! let request = Request { method: "POST", path: "/", query: "", headers: &headers };
//! let Presented::Signed(authorization) = inspect(&request, Style::Query)? else { return Ok(()) };
//! assert_eq!(authorization.access_key_id(), key_id);
//! let expected = Expected {
//!     style: Style::Query,
//!     service: "sts",
//!     region: Some("us-east-1"),
//!     body_sha256: &body,
//!     now,
//! };
//! verify(&authorization, &request, &secret, &SigningKeys::default(), &expected)?;
//! # Ok(())
//! # }
//! ```
//!
//! Deliberately absent: sockets, clocks (the time is a parameter), the store of access keys,
//! session tokens' contents, error bodies, and Version 4A. Version 2 is only verified, and only
//! S3's ([`Version2`]).
//!
//! AWS pages: "AWS Signature Version 4 for API requests" (IAM User Guide) and "Authenticating
//! Requests (AWS Signature Version 4)" (Amazon S3 API Reference).

mod canonical;
mod chunk;
mod credential;
mod error;
mod inspect;
mod key;
mod message;
mod payload;
mod request;
mod sign;
mod timestamp;
mod verify;
mod version2;

pub use canonical::Explanation;
pub use chunk::{ChunkDecoder, ChunkError, MIN_CHUNK_SIZE, Seed, Trailers};
pub use credential::Credential;
pub use error::{AuthError, ExpiresFault, Form, Missing, ScopeFault, SignatureMismatch};
pub use inspect::{Authorization, Presented, inspect};
pub use key::{SecretKey, SigningKey, SigningKeys};
pub use payload::{EMPTY_SHA256, PayloadHash, sha256};
pub use request::{Headers, Request, Style};
pub use sign::{Credentials, SignedRequest, SigningScope, presign, sign};
pub use verify::{Expected, MAX_PRESIGNED_SECONDS, MAX_SKEW_SECONDS, Verified, explain, verify};
pub use version2::{Version2, verify_version_2};
