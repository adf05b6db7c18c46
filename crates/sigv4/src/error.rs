//! Why a request is not authenticated, with the data that AWS's sentence needs.
//!
//! The sentences themselves are in `message`. Neither Display nor Debug of what a client sent is
//! fit for a log: authorizations and tokens stand in it.

/// The place of the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The `Authorization` header.
    Header,
    /// `X-Amz-*` query parameters.
    Query,
}

/// A request that does not prove who sent it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    #[error("nothing is presented where something must be")]
    MissingAuthenticationToken,
    #[error("more than one mechanism is presented")]
    TwoMechanisms,
    #[error("the header {name} stands more than once")]
    DuplicateHeader { name: &'static str },
    #[error("the parameter {name} stands more than once")]
    DuplicateParameter { name: &'static str },
    #[error("the component {name} stands more than once in the authorization")]
    DuplicateComponent { name: &'static str },
    #[error("the authorization has no space after its scheme")]
    AuthorizationWithoutSpace { authorization: String },
    #[error("the scheme of the authorization is unknown")]
    UnsupportedAuthorizationType { authorization: String },
    #[error("the mechanism is not supported")]
    UnsupportedMechanism,
    #[error("a query of Signature Version 2 lacks a parameter")]
    IncompleteVersion2,
    #[error("a header of Signature Version 2 is malformed")]
    MalformedVersion2 { authorization: String },
    #[error("Expires of Signature Version 2 is no moment")]
    MalformedVersion2Expires { given: String },
    #[error("the request presigned by Signature Version 2 has expired")]
    ExpiredVersion2 { at: i64, now: i64 },
    #[error("the algorithm is not supported")]
    UnsupportedAlgorithm { form: Form, algorithm: String },
    #[error("a component of the authorization is not a pair")]
    NotAPair { part: String, authorization: String },
    #[error("the authorization header lacks a component")]
    IncompleteHeader { missing: Missing, authorization: String },
    #[error("the presigned query lacks a parameter")]
    IncompleteQuery { missing: Missing },
    #[error("the credential has not five parts")]
    MalformedCredential { form: Form, credential: String },
    #[error("the credential names no access key")]
    EmptyAccessKey { form: Form, credential: String },
    #[error("there is no valid date")]
    MissingDate,
    #[error("the date is malformed")]
    MalformedDate { form: Form, date: String },
    #[error("X-Amz-Expires is out of range")]
    MalformedExpires { fault: ExpiresFault },
    #[error("x-amz-content-sha256 is missing")]
    MissingContentSha256,
    #[error("x-amz-content-sha256 is malformed")]
    InvalidContentSha256 { value: String },
    #[error("the payload has another hash than the one signed")]
    ContentSha256Mismatch { claimed: String, computed: String },
    /// At least one fault.
    #[error("the credential has the wrong scope")]
    WrongScope { form: Form, faults: Vec<ScopeFault> },
    #[error("headers that must be signed are not")]
    HeadersNotSigned { names: Vec<String> },
    #[error("the request was signed too long ago, or in the future")]
    Skewed { at: i64, sent: String, now: i64 },
    #[error("the presigned request has expired")]
    Expired { at: i64, expires: u32, now: i64 },
    #[error("the presigned request is not valid yet")]
    NotYetValid { at: i64, expires: u32, now: i64 },
    #[error("the signature does not match")]
    SignatureDoesNotMatch(Box<SignatureMismatch>),
    /// For the gateway: no such key, or not an active one.
    #[error("the access key is unknown")]
    UnknownAccessKey { access_key_id: String },
    /// For the gateway: a token that does not open, or belongs to another key.
    #[error("the session token is invalid")]
    InvalidToken { token: String },
    /// For the gateway: the session is over.
    #[error("the session token has expired")]
    ExpiredToken { token: String, now: i64 },
}

/// What is not there. Each field true for a piece that is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one independent flag a piece")]
pub struct Missing {
    pub algorithm: bool,
    pub credential: bool,
    pub signature: bool,
    pub signed_headers: bool,
    pub date: bool,
    pub expires: bool,
}

/// Why `X-Amz-Expires` is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiresFault {
    NotANumber,
    Negative,
    TooLong,
}

/// One way in which a scope is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeFault {
    Region {
        given: String,
        expected: String,
    },
    Service {
        given: String,
        expected: String,
    },
    Terminator {
        given: String,
    },
    /// `YYYYMMDD` of the scope and of the request's time, and that time as sent.
    Date {
        given: String,
        expected: String,
        sent: String,
    },
}

/// A signature that is not the right one, and the texts it should have been computed over.
#[derive(Clone, PartialEq, Eq)]
pub struct SignatureMismatch {
    pub access_key_id: String,
    /// As the client sent it.
    pub signature: String,
    pub string_to_sign: String,
    /// None for a chunk.
    pub canonical_request: Option<Vec<u8>>,
}

impl std::fmt::Debug for SignatureMismatch {
    /// The canonical request can hold a session token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignatureMismatch")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}
