//! AWS's code, status, sentence and fields for each [`AuthError`].
//!
//! Sentences are AWS's own as recorded, seen in its clients' issue trackers, or documented. Those
//! of doubled headers, parameters and components are not recorded anywhere we know: they follow
//! the form of their neighbours.

use crate::error::{AuthError, ExpiresFault, Form, Missing, ScopeFault, SignatureMismatch};
use crate::request::Style;
use crate::timestamp;
use crate::verify::{MAX_PRESIGNED_SECONDS, MAX_SKEW_SECONDS};

impl AuthError {
    /// AWS's error code.
    pub fn code(&self, style: Style) -> &'static str {
        match style {
            Style::Query => self.query_code(),
            Style::S3 => self.s3_code(),
        }
    }

    /// The HTTP status.
    pub fn status(&self, style: Style) -> u16 {
        match self.code(style) {
            "AccessDenied"
            | "ExpiredToken"
            | "InvalidAccessKeyId"
            | "InvalidClientTokenId"
            | "MissingAuthenticationToken"
            | "RequestTimeTooSkewed"
            | "SignatureDoesNotMatch"
                if !(style == Style::S3 && matches!(self, Self::ExpiredToken { .. })) =>
            {
                403
            }
            _ => 400,
        }
    }

    /// AWS's sentence.
    pub fn message(&self, style: Style) -> String {
        match style {
            Style::Query => self.query_message(),
            Style::S3 => self.s3_message(),
        }
    }

    /// The further elements of the error body, in order. The services that speak Query have none.
    pub fn fields(&self, style: Style) -> Vec<(&'static str, String)> {
        match style {
            Style::Query => Vec::new(),
            Style::S3 => self.s3_fields(),
        }
    }

    fn query_code(&self) -> &'static str {
        match self {
            Self::MissingAuthenticationToken => "MissingAuthenticationToken",
            Self::UnknownAccessKey { .. } | Self::InvalidToken { .. } => "InvalidClientTokenId",
            Self::ExpiredToken { .. } => "ExpiredToken",
            Self::WrongScope { .. }
            | Self::HeadersNotSigned { .. }
            | Self::Skewed { .. }
            | Self::Expired { .. }
            | Self::NotYetValid { .. }
            | Self::ContentSha256Mismatch { .. }
            | Self::SignatureDoesNotMatch(_) => "SignatureDoesNotMatch",
            _ => "IncompleteSignature",
        }
    }

    fn s3_code(&self) -> &'static str {
        match self {
            Self::TwoMechanisms
            | Self::DuplicateHeader { .. }
            | Self::AuthorizationWithoutSpace { .. }
            | Self::UnsupportedAuthorizationType { .. }
            | Self::MalformedVersion2 { .. }
            | Self::InvalidContentSha256 { .. } => "InvalidArgument",
            Self::UnsupportedMechanism | Self::MissingContentSha256 => "InvalidRequest",
            Self::NotAPair { .. }
            | Self::DuplicateComponent { .. }
            | Self::IncompleteHeader { .. } => MALFORMED,
            Self::DuplicateParameter { .. }
            | Self::IncompleteQuery { .. }
            | Self::MalformedExpires { .. } => PARAMETERS,
            Self::UnsupportedAlgorithm { form, .. }
            | Self::MalformedCredential { form, .. }
            | Self::EmptyAccessKey { form, .. }
            | Self::MalformedDate { form, .. }
            | Self::WrongScope { form, .. } => match form {
                Form::Header => MALFORMED,
                Form::Query => PARAMETERS,
            },
            Self::MissingAuthenticationToken
            | Self::IncompleteVersion2
            | Self::MalformedVersion2Expires { .. }
            | Self::ExpiredVersion2 { .. }
            | Self::MissingDate
            | Self::HeadersNotSigned { .. }
            | Self::Expired { .. }
            | Self::NotYetValid { .. } => "AccessDenied",
            Self::Skewed { .. } => "RequestTimeTooSkewed",
            Self::ContentSha256Mismatch { .. } => "XAmzContentSHA256Mismatch",
            Self::SignatureDoesNotMatch(_) => "SignatureDoesNotMatch",
            Self::UnknownAccessKey { .. } => "InvalidAccessKeyId",
            Self::InvalidToken { .. } => "InvalidToken",
            Self::ExpiredToken { .. } => "ExpiredToken",
        }
    }

    fn query_message(&self) -> String {
        match self {
            Self::MissingAuthenticationToken => "Request is missing Authentication Token".into(),
            Self::UnknownAccessKey { .. } | Self::InvalidToken { .. } => {
                "The security token included in the request is invalid.".into()
            }
            Self::ExpiredToken { .. } => {
                "The security token included in the request is expired".into()
            }
            Self::TwoMechanisms => "Found both 'X-Amz-Algorithm' as a query-string param and \
                                    'Authorization' as HTTP header."
                .into(),
            Self::DuplicateHeader { name } => format!("Found more than one '{name}' HTTP header."),
            Self::DuplicateParameter { name } => {
                format!("Found more than one '{name}' query-string param.")
            }
            Self::DuplicateComponent { name } => {
                format!("Authorization header requires one '{name}' parameter, found more.")
            }
            Self::NotAPair { part, authorization } => format!(
                "'{part}' not a valid key=value pair (missing equal-sign) in Authorization \
                 header: '{authorization}'."
            ),
            Self::UnsupportedAlgorithm { algorithm, .. } => {
                format!("Unsupported AWS 'algorithm': '{algorithm}'.")
            }
            Self::IncompleteHeader { missing, authorization } => {
                incomplete_header(*missing, authorization)
            }
            Self::IncompleteQuery { missing } => incomplete_query(*missing),
            Self::MalformedCredential { credential, .. }
            | Self::EmptyAccessKey { credential, .. } => format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. \
                 keyid/date/region/service/term, got '{credential}'"
            ),
            Self::MalformedDate { date, .. } => format!(
                "Date must be in ISO-8601 'basic format'. Got '{date}'. \
                 See http://en.wikipedia.org/wiki/ISO_8601"
            ),
            Self::WrongScope { faults, .. } => faults.iter().map(query_scope_fault).collect(),
            Self::HeadersNotSigned { names } => query_not_signed(names).into(),
            Self::Skewed { at, now, .. }
            | Self::Expired { at, now, .. }
            | Self::NotYetValid { at, now, .. } => skewed(*at, *now),
            _ => QUERY_MISMATCH.into(),
        }
    }

    fn s3_message(&self) -> String {
        match self {
            Self::MissingAuthenticationToken => "Access Denied".into(),
            Self::TwoMechanisms => "Only one auth mechanism allowed; only the X-Amz-Algorithm \
                                    query parameter, Signature query string parameter or the \
                                    Authorization header should be specified"
                .into(),
            Self::DuplicateHeader { name } => {
                format!("Only one {name} header should be specified")
            }
            Self::AuthorizationWithoutSpace { .. } => {
                "Authorization header is invalid -- one and only one ' ' (space) required".into()
            }
            Self::UnsupportedAuthorizationType { .. } => "Unsupported Authorization Type".into(),
            Self::UnsupportedMechanism => "The authorization mechanism you have provided is not \
                                           supported. Please use AWS4-HMAC-SHA256."
                .into(),
            Self::IncompleteVersion2 => "Query-string authentication requires the Signature, \
                                         Expires and AWSAccessKeyId parameters"
                .into(),
            Self::MalformedVersion2 { .. } => {
                "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature".into()
            }
            Self::MalformedVersion2Expires { given } => {
                format!("Invalid date (should be seconds since epoch): {given}")
            }
            Self::MissingDate => {
                "AWS authentication requires a valid Date or x-amz-date header".into()
            }
            Self::MissingContentSha256 => {
                "Missing required header for this request: x-amz-content-sha256".into()
            }
            Self::InvalidContentSha256 { .. } => INVALID_CONTENT_SHA256.into(),
            Self::ContentSha256Mismatch { .. } => {
                "The provided 'x-amz-content-sha256' header does not match what was computed."
                    .into()
            }
            Self::HeadersNotSigned { .. } => {
                "There were headers present in the request which were not signed".into()
            }
            Self::Skewed { .. } => {
                "The difference between the request time and the current time is too large.".into()
            }
            Self::Expired { .. } | Self::ExpiredVersion2 { .. } => "Request has expired".into(),
            Self::NotYetValid { .. } => "Request is not yet valid".into(),
            Self::UnknownAccessKey { .. } => {
                "The AWS Access Key Id you provided does not exist in our records.".into()
            }
            Self::InvalidToken { .. } => {
                "The provided token is malformed or otherwise invalid.".into()
            }
            Self::ExpiredToken { .. } => "The provided token has expired.".into(),
            Self::SignatureDoesNotMatch(_) => S3_MISMATCH.into(),
            _ => self.s3_malformed_message(),
        }
    }

    /// Those of `AuthorizationHeaderMalformed` and `AuthorizationQueryParametersError`.
    fn s3_malformed_message(&self) -> String {
        match self {
            Self::UnsupportedAlgorithm { .. } => "X-Amz-Algorithm only supports \
                                                  \"AWS4-HMAC-SHA256 and \
                                                  AWS4-ECDSA-P256-SHA256\""
                .into(),
            Self::MalformedDate { .. } => "X-Amz-Date must be in the ISO8601 Long Format \
                                           \"yyyyMMdd'T'HHmmss'Z'\""
                .into(),
            Self::MalformedExpires { fault: ExpiresFault::NotANumber } => {
                "X-Amz-Expires should be a number".into()
            }
            Self::MalformedExpires { fault: ExpiresFault::Negative } => {
                "X-Amz-Expires must be non-negative".into()
            }
            Self::MalformedExpires { fault: ExpiresFault::TooLong } => format!(
                "X-Amz-Expires must be less than a week (in seconds); that is, the given \
                 X-Amz-Expires must be less than {MAX_PRESIGNED_SECONDS} seconds"
            ),
            Self::MalformedCredential { form, .. } => format!(
                "{}the Credential is mal-formed; expecting \
                 \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
                prefix(*form)
            ),
            Self::EmptyAccessKey { form, .. } => format!(
                "{}a non-empty Access Key (AKID) must be provided in the credential.",
                prefix(*form)
            ),
            Self::WrongScope { form, faults } => {
                let fault = faults.first().map(s3_scope_fault).unwrap_or_default();
                format!("{}{fault}", prefix(*form))
            }
            Self::DuplicateParameter { .. } | Self::IncompleteQuery { .. } => {
                "Query-string authentication version 4 requires the X-Amz-Algorithm, \
                 X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and \
                 X-Amz-Expires parameters."
                    .into()
            }
            _ => "The authorization header is malformed; the authorization header requires three \
                  components: Credential, SignedHeaders, and Signature."
                .into(),
        }
    }

    fn s3_fields(&self) -> Vec<(&'static str, String)> {
        let argument = |name: &str, value: &str| {
            vec![("ArgumentName", name.to_owned()), ("ArgumentValue", value.to_owned())]
        };
        match self {
            Self::AuthorizationWithoutSpace { authorization }
            | Self::UnsupportedAuthorizationType { authorization }
            | Self::MalformedVersion2 { authorization } => argument("Authorization", authorization),
            Self::InvalidContentSha256 { value } => argument("x-amz-content-sha256", value),
            Self::ContentSha256Mismatch { claimed, computed } => vec![
                ("ClientComputedContentSHA256", claimed.clone()),
                ("S3ComputedContentSHA256", computed.clone()),
            ],
            Self::WrongScope { faults, .. } => match faults.first() {
                Some(ScopeFault::Region { expected, .. }) => vec![("Region", expected.clone())],
                _ => Vec::new(),
            },
            Self::HeadersNotSigned { names } => vec![("HeadersNotSigned", names.join(", "))],
            Self::Skewed { sent, now, .. } => vec![
                ("RequestTime", sent.clone()),
                ("ServerTime", timestamp::extended(*now)),
                ("MaxAllowedSkewMilliseconds", (MAX_SKEW_SECONDS * 1000).to_string()),
            ],
            Self::Expired { at, expires, now } => vec![
                ("X-Amz-Expires", expires.to_string()),
                ("Expires", timestamp::extended(at.saturating_add(i64::from(*expires)))),
                ("ServerTime", timestamp::extended(*now)),
            ],
            Self::ExpiredVersion2 { at, now } => vec![
                ("Expires", timestamp::extended(*at)),
                ("ServerTime", timestamp::extended(*now)),
            ],
            Self::NotYetValid { at, expires, now } => vec![
                ("X-Amz-Date", at.saturating_mul(1000).to_string()),
                ("Expires", timestamp::extended(at.saturating_add(i64::from(*expires)))),
                ("ServerTime", timestamp::extended(*now)),
            ],
            Self::SignatureDoesNotMatch(mismatch) => mismatch.s3_fields(),
            Self::UnknownAccessKey { access_key_id } => {
                vec![("AWSAccessKeyId", access_key_id.clone())]
            }
            Self::InvalidToken { token } => vec![("Token-0", token.clone())],
            Self::ExpiredToken { token, now } => {
                vec![("Token-0", token.clone()), ("ServerTime", timestamp::extended(*now))]
            }
            _ => Vec::new(),
        }
    }
}

impl SignatureMismatch {
    pub(crate) fn s3_fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("AWSAccessKeyId", self.access_key_id.clone()),
            ("StringToSign", self.string_to_sign.clone()),
            ("SignatureProvided", self.signature.clone()),
            ("StringToSignBytes", spaced_hex(self.string_to_sign.as_bytes())),
        ];
        if let Some(canonical) = &self.canonical_request {
            fields.push(("CanonicalRequest", String::from_utf8_lossy(canonical).into_owned()));
            fields.push(("CanonicalRequestBytes", spaced_hex(canonical)));
        }
        fields
    }
}

const MALFORMED: &str = "AuthorizationHeaderMalformed";
const PARAMETERS: &str = "AuthorizationQueryParametersError";

const QUERY_MISMATCH: &str = "The request signature we calculated does not match the signature \
                              you provided. Check your AWS Secret Access Key and signing method. \
                              Consult the service documentation for details.";

pub(crate) const S3_MISMATCH: &str = "The request signature we calculated does not match the \
                                      signature you provided. Check your key and signing method.";

const INVALID_CONTENT_SHA256: &str = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, \
    STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, \
    STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, \
    STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.";

fn prefix(form: Form) -> &'static str {
    match form {
        Form::Header => "The authorization header is malformed; ",
        Form::Query => "Error parsing the X-Amz-Credential parameter; ",
    }
}

fn incomplete_header(missing: Missing, authorization: &str) -> String {
    let mut text = String::new();
    for (missing, name) in [
        (missing.credential, "Credential"),
        (missing.signature, "Signature"),
        (missing.signed_headers, "SignedHeaders"),
    ] {
        if missing {
            text.push_str(&format!("Authorization header requires '{name}' parameter. "));
        }
    }
    if missing.date {
        text.push_str(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
        );
    }
    text.push_str("Authorization=");
    text.push_str(authorization);
    text
}

fn incomplete_query(missing: Missing) -> String {
    let mut text = String::new();
    for (missing, name) in [
        (missing.algorithm, "X-Amz-Algorithm"),
        (missing.credential, "X-Amz-Credential"),
        (missing.signature, "X-Amz-Signature"),
        (missing.signed_headers, "X-Amz-SignedHeaders"),
        (missing.date, "X-Amz-Date"),
    ] {
        if missing {
            text.push_str(&format!("AWS query-string parameters must include '{name}'. "));
        }
    }
    text.push_str("Re-examine the query-string parameters.");
    text
}

/// With the blank at its end: AWS's sentences are concatenated.
/// AWS's sentence was seen for the host only; the other is made after it.
fn query_not_signed(names: &[String]) -> &'static str {
    if names.iter().any(|name| name == "host") {
        return "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
    }
    "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."
}

fn query_scope_fault(fault: &ScopeFault) -> String {
    match fault {
        ScopeFault::Region { .. } => "Credential should be scoped to a valid region. ".into(),
        ScopeFault::Service { expected, .. } => {
            format!("Credential should be scoped to correct service: '{expected}'. ")
        }
        ScopeFault::Terminator { given } => format!(
            "Credential should be scoped with a valid terminator: 'aws4_request', not '{given}'. "
        ),
        ScopeFault::Date { given, expected, sent } => format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from \
             HTTP: '{given}' != '{expected}', from '{sent}'. "
        ),
    }
}

fn s3_scope_fault(fault: &ScopeFault) -> String {
    match fault {
        ScopeFault::Region { given, expected } => {
            format!("the region '{given}' is wrong; expecting '{expected}'")
        }
        ScopeFault::Service { given, expected } => {
            format!("incorrect service \"{given}\". This endpoint belongs to \"{expected}\".")
        }
        ScopeFault::Terminator { given } => {
            format!("incorrect terminal \"{given}\". This endpoint uses \"aws4_request\".")
        }
        ScopeFault::Date { given, expected, .. } => format!(
            "Invalid credential date \"{given}\". This date is not the same as X-Amz-Date: \
             \"{expected}\"."
        ),
    }
}

fn skewed(at: i64, now: i64) -> String {
    let text = timestamp::basic;
    if at > now {
        let limit = now.saturating_add(MAX_SKEW_SECONDS);
        format!(
            "Signature not yet current: {} is still later than {} ({} + 15 min.)",
            text(at),
            text(limit),
            text(now)
        )
    } else {
        let limit = now.saturating_sub(MAX_SKEW_SECONDS);
        format!(
            "Signature expired: {} is now earlier than {} ({} - 15 min.)",
            text(at),
            text(limit),
            text(now)
        )
    }
}

/// Lower-case pairs of digits, a blank between two.
fn spaced_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for (index, digit) in hex::encode(bytes).chars().enumerate() {
        if index > 0 && index % 2 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
