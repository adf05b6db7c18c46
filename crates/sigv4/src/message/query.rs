//! Codes and sentences of the services that speak Query.

use crate::error::{AuthError, Missing, ScopeFault};
use crate::timestamp;
use crate::verify::MAX_SKEW_SECONDS;

impl AuthError {
    pub(super) fn query_code(&self) -> &'static str {
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

    pub(super) fn query_message(&self) -> String {
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
}

const QUERY_MISMATCH: &str = "The request signature we calculated does not match the signature \
                              you provided. Check your AWS Secret Access Key and signing method. \
                              Consult the service documentation for details.";

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

/// AWS's sentence was seen for the host only; the other is made after it.
fn query_not_signed(names: &[String]) -> &'static str {
    if names.iter().any(|name| name == "host") {
        return "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
    }
    "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."
}

/// With the blank at its end: AWS's sentences are concatenated.
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
