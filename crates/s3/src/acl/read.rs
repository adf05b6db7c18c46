//! Access control lists as clients write them: canned, in grant headers, as a document.
//!
//! AWS: PutBucketAcl and PutObjectAcl,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/managing-acls.html>

use api::Structure;
use api::s3::AccessControlPolicy;
use api::s3::error as code;
use gateway::{AccountId, Cx, Error};

use super::{Acl, Grant, Grantee, Permission};
use crate::bucket::Found;
use crate::{control, error};

/// Members of requests, their headers and what they grant.
const GRANTS: [(&str, &str, Permission); 5] = [
    ("GrantFullControl", "x-amz-grant-full-control", Permission::FullControl),
    ("GrantRead", "x-amz-grant-read", Permission::Read),
    ("GrantReadACP", "x-amz-grant-read-acp", Permission::ReadAcp),
    ("GrantWrite", "x-amz-grant-write", Permission::Write),
    ("GrantWriteACP", "x-amz-grant-write-acp", Permission::WriteAcp),
];
const GRANTS_MAX: usize = 100;

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED_USERS: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";

/// The list that the headers of a request ask for; None where they name none.
///
/// # Errors
/// S3's sentence for each form that is no list.
pub fn headers(
    cx: &Cx<'_>,
    input: &dyn Structure,
    owner: AccountId,
    bucket_owner: AccountId,
) -> Result<Option<Acl>, Error> {
    let granted = GRANTS.iter().any(|(member, ..)| input.text(member).is_some());
    match input.text("ACL") {
        Some(_) if granted => Err(error::invalid_request(
            "Specifying both Canned ACLs and Header Grants is not allowed",
        )),
        Some(name) => match Acl::canned(name, owner, bucket_owner) {
            Some(acl) => Ok(Some(acl)),
            None => Err(error::invalid_argument("", "x-amz-acl", name)),
        },
        None if granted => {
            let mut acl = Acl { grants: Vec::new() };
            for (member, header, permission) in GRANTS {
                if let Some(text) = input.text(member) {
                    grantees(cx, header, text, permission, &mut acl)?;
                }
            }
            Ok(Some(acl))
        }
        None => Ok(None),
    }
}

/// `id="..", uri="http://.."`
fn grantees(
    cx: &Cx<'_>,
    header: &'static str,
    text: &str,
    permission: Permission,
    acl: &mut Acl,
) -> Result<(), Error> {
    for one in text.split(',').filter(|one| !one.trim().is_empty()) {
        let malformed = || error::invalid_argument("Argument format not recognized", header, text);
        let (kind, value) = one.split_once('=').ok_or_else(malformed)?;
        let value = value.trim().trim_matches('"');
        let grantee = match kind.trim() {
            "id" => account(cx, value, "id")?,
            "uri" => group(value, "uri")?,
            "emailAddress" => email(cx, value)?,
            _ => return Err(malformed()),
        };
        acl.grants.push(Grant { grantee, permission });
    }
    Ok(())
}

/// The list of a document. The owner cannot be changed by it.
///
/// # Errors
/// MalformedACLError, InvalidArgument; AccessDenied where it names another owner.
pub fn document(cx: &Cx<'_>, given: &AccessControlPolicy, owner: AccountId) -> Result<Acl, Error> {
    let named = given.owner.as_ref().and_then(|owner| owner.id.as_deref());
    let Some(named) = named.filter(|id| !id.is_empty()) else { return Err(malformed()) };
    let id = crate::bucket::owner(cx, owner)?.id;
    if id.as_deref() != Some(named) {
        cx.directory()
            .names()
            .canonical_account(cx.tx, named)?
            .ok_or_else(|| error::invalid_argument("Invalid id", "CanonicalUser/ID", named))?;
        return Err(error::access_denied());
    }
    let mut acl = Acl { grants: Vec::new() };
    let grants = given.grants.as_deref().unwrap_or_default();
    if grants.len() > GRANTS_MAX {
        return Err(malformed());
    }
    for grant in grants {
        let permission = grant.permission.as_ref().map(api::s3::Permission::as_str);
        let permission = permission.and_then(Permission::parse).ok_or_else(malformed)?;
        let named = grant.grantee.as_ref().ok_or_else(malformed)?;
        let grantee = match named.r#type.as_str() {
            "CanonicalUser" => {
                account(cx, named.id.as_deref().ok_or_else(malformed)?, "CanonicalUser/ID")?
            }
            "Group" => group(named.uri.as_deref().ok_or_else(malformed)?, "Group/URI")?,
            "AmazonCustomerByEmail" => {
                email(cx, named.email_address.as_deref().ok_or_else(malformed)?)?
            }
            _ => return Err(malformed()),
        };
        acl.grants.push(Grant { grantee, permission });
    }
    Ok(acl)
}

fn account(cx: &Cx<'_>, id: &str, argument: &str) -> Result<Grantee, Error> {
    let known = cx.directory().names().canonical_account(cx.tx, id)?;
    known.map(Grantee::Account).ok_or_else(|| error::invalid_argument("Invalid id", argument, id))
}

fn group(uri: &str, argument: &str) -> Result<Grantee, Error> {
    match uri {
        ALL_USERS => Ok(Grantee::AllUsers),
        AUTHENTICATED_USERS => Ok(Grantee::AuthenticatedUsers),
        LOG_DELIVERY => Ok(Grantee::LogDelivery),
        _ => Err(error::invalid_argument("Invalid group uri", argument, uri)),
    }
}

/// The group as documents name it.
pub const fn uri(grantee: Grantee) -> Option<&'static str> {
    match grantee {
        Grantee::AllUsers => Some(ALL_USERS),
        Grantee::AuthenticatedUsers => Some(AUTHENTICATED_USERS),
        Grantee::LogDelivery => Some(LOG_DELIVERY),
        Grantee::Account(_) => None,
    }
}

/// The list of PutBucketAcl and PutObjectAcl: of a document or of headers, never of both.
///
/// # Errors
/// As [`headers`] and [`document`]; MissingSecurityHeader where there is neither.
pub fn put(
    cx: &Cx<'_>,
    input: &dyn Structure,
    given: Option<&AccessControlPolicy>,
    owner: AccountId,
    bucket_owner: AccountId,
) -> Result<Acl, Error> {
    match (headers(cx, input, owner, bucket_owner)?, given) {
        (Some(_), Some(_)) => {
            let message = "This request does not support content";
            Err(Error::new(code::UNEXPECTED_CONTENT, message))
        }
        (Some(acl), None) => Ok(acl),
        (None, Some(given)) => document(cx, given, owner),
        (None, None) => {
            let message = "Your request was missing a required header";
            Err(Error::new(code::MISSING_SECURITY_HEADER, message)
                .with("MissingHeaderName", "x-amz-acl"))
        }
    }
}

/// # Errors
/// AccessControlListNotSupported where the bucket takes no lists, but for the one that says what
/// holds anyway; AccessDenied for a public one where those are blocked.
pub fn check(
    cx: &Cx<'_>,
    found: &Found,
    input: &dyn Structure,
    acl: &Acl,
    denied: (&str, &str),
) -> Result<(), Error> {
    if !found.bucket.has_acls() {
        if input.text("ACL") == Some("bucket-owner-full-control") {
            return Ok(());
        }
        let message = "The bucket does not allow ACLs";
        return Err(Error::new(code::ACCESS_CONTROL_LIST_NOT_SUPPORTED, message));
    }
    if !acl.is_public() || !control::effective(cx.tx, found)?.block_public_acls {
        return Ok(());
    }
    if cx.caller().is_anonymous() || cx.account() != found.bucket.account {
        return Err(error::access_denied());
    }
    let (action, arn) = denied;
    Err(Error::access_denied(format!(
        "User: {} is not authorized to perform: {action} on resource: \"{arn}\" because public \
         ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access.",
        cx.caller_arn()
    )))
}

/// The account of an e-mail address. AWS takes none in a list since October 2025; before, it kept
/// the account and not the address. (The sentence of the refusal is from memory.)
fn email(cx: &Cx<'_>, address: &str) -> Result<Grantee, Error> {
    if !cx.limits().lists_in_new_buckets {
        let message = "The specified method is not allowed against this resource.";
        return Err(Error::new(code::METHOD_NOT_ALLOWED, message));
    }
    let (code, message) = match *cx.directory().names().accounts_of_email(cx.tx, address)? {
        [account] => return Ok(Grantee::Account(account)),
        [] => (
            code::UNRESOLVABLE_GRANT_BY_EMAIL_ADDRESS,
            "The e-mail address you provided does not match any account on record.",
        ),
        _ => (
            code::AMBIGUOUS_GRANT_BY_EMAIL_ADDRESS,
            "The e-mail address you provided is associated with more than one account.",
        ),
    };
    Err(Error::new(code, message).with("emailAddress", address))
}

fn malformed() -> Error {
    let message = "The XML you provided was not well-formed or did not validate against our \
                   published schema";
    Error::new(code::MALFORMED_ACL_ERROR, message)
}
