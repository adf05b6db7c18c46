//! Codes, sentences and fields of S3.

use crate::error::{AuthError, ExpiresFault, Form, ScopeFault, SignatureMismatch};
use crate::timestamp;
use crate::verify::{MAX_PRESIGNED_SECONDS, MAX_SKEW_SECONDS};

const MALFORMED: &str = "AuthorizationHeaderMalformed";
const PARAMETERS: &str = "AuthorizationQueryParametersError";

pub(crate) const S3_MISMATCH: &str = "The request signature we calculated does not match the \
                                      signature you provided. Check your key and signing method.";

const INVALID_CONTENT_SHA256: &str = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, \
    STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, \
    STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, \
    STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.";

impl AuthError {
    pub(super) fn s3_code(&self) -> &'static str {
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

    pub(super) fn s3_message(&self) -> String {
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

    pub(super) fn s3_fields(&self) -> Vec<(&'static str, String)> {
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

fn prefix(form: Form) -> &'static str {
    match form {
        Form::Header => "The authorization header is malformed; ",
        Form::Query => "Error parsing the X-Amz-Credential parameter; ",
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
