//! Access control lists: what they are, how they are written down, and what they grant.
//!
//! A list counts only where the bucket's ownership says so ([`crate::record::Ownership`]). AWS:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html>

pub mod read;
pub mod show;

use gateway::{AccountId, Caller};
use minicbor::{Decode, Encode};
use policy::Grant as Reach;

/// Who may do what, besides what policies say.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Acl {
    #[n(0)]
    pub grants: Vec<Grant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Grant {
    #[n(0)]
    pub grantee: Grantee,
    #[n(1)]
    pub permission: Permission,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Grantee {
    #[n(0)]
    Account(#[n(0)] AccountId),
    #[n(1)]
    AllUsers,
    #[n(2)]
    AuthenticatedUsers,
    #[n(3)]
    LogDelivery,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Permission {
    #[n(0)]
    FullControl,
    #[n(1)]
    Write,
    #[n(2)]
    WriteAcp,
    #[n(3)]
    Read,
    #[n(4)]
    ReadAcp,
}

/// The actions that each permission on a bucket stands for (AWS: "Mapping of ACL permissions and
/// access policy permissions").
const ON_BUCKETS: [(Permission, &[&str]); 4] = [
    (
        Permission::Read,
        &["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"],
    ),
    // Whoever may write an object owns it, and says who else may read it.
    (Permission::Write, &["s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging"]),
    (Permission::ReadAcp, &["s3:GetBucketAcl"]),
    (Permission::WriteAcp, &["s3:PutBucketAcl"]),
];

const ON_OBJECTS: [(Permission, &[&str]); 3] = [
    (Permission::Read, &["s3:GetObject", "s3:GetObjectVersion"]),
    (Permission::ReadAcp, &["s3:GetObjectAcl", "s3:GetObjectVersionAcl"]),
    (Permission::WriteAcp, &["s3:PutObjectAcl", "s3:PutObjectVersionAcl"]),
];

/// An action and how far a list grants it.
pub type Granted = Vec<(&'static str, Reach)>;

impl Acl {
    /// The owner has full control.
    pub fn private(owner: AccountId) -> Self {
        let grantee = Grantee::Account(owner);
        Self { grants: vec![Grant { grantee, permission: Permission::FullControl }] }
    }

    /// A canned list; None where there is none of the name. `bucket_owner` is whose the bucket of
    /// an object is.
    pub fn canned(name: &str, owner: AccountId, bucket_owner: AccountId) -> Option<Self> {
        let mut acl = Self::private(owner);
        let mut add = |grantee, permission| acl.grants.push(Grant { grantee, permission });
        match name {
            "private" | "aws-exec-read" => {}
            "public-read" => add(Grantee::AllUsers, Permission::Read),
            "public-read-write" => {
                add(Grantee::AllUsers, Permission::Read);
                add(Grantee::AllUsers, Permission::Write);
            }
            "authenticated-read" => add(Grantee::AuthenticatedUsers, Permission::Read),
            "bucket-owner-read" if owner != bucket_owner => {
                add(Grantee::Account(bucket_owner), Permission::Read);
            }
            "bucket-owner-full-control" if owner != bucket_owner => {
                add(Grantee::Account(bucket_owner), Permission::FullControl);
            }
            "bucket-owner-read" | "bucket-owner-full-control" => {}
            "log-delivery-write" => {
                add(Grantee::LogDelivery, Permission::Write);
                add(Grantee::LogDelivery, Permission::ReadAcp);
            }
            _ => return None,
        }
        Some(acl)
    }

    /// True where anybody, or any AWS account, is granted something.
    pub fn is_public(&self) -> bool {
        self.grants.iter().any(|grant| grant.grantee.is_public())
    }

    /// What the list of a bucket grants to a caller.
    pub fn on_bucket(&self, caller: &Caller, ignore_public: bool) -> Granted {
        self.granted(caller, ignore_public, &ON_BUCKETS)
    }

    /// What the list of an object grants to a caller.
    pub fn on_object(&self, caller: &Caller, ignore_public: bool) -> Granted {
        self.granted(caller, ignore_public, &ON_OBJECTS)
    }

    fn granted(
        &self,
        caller: &Caller,
        ignore_public: bool,
        actions: &[(Permission, &'static [&'static str])],
    ) -> Granted {
        let mut granted = Granted::new();
        for grant in &self.grants {
            if ignore_public && grant.grantee.is_public() {
                continue;
            }
            let Some(reach) = grant.grantee.reach(caller) else { continue };
            for (permission, actions) in actions {
                if grant.permission == *permission || grant.permission == Permission::FullControl {
                    granted.extend(actions.iter().map(|action| (*action, reach)));
                }
            }
        }
        // Everyone's is the wider reach: it is found first.
        granted.sort_by_key(|(_, reach)| *reach == Reach::Account);
        granted
    }
}

impl Grantee {
    const fn is_public(self) -> bool {
        matches!(self, Self::AllUsers | Self::AuthenticatedUsers)
    }

    fn reach(self, caller: &Caller) -> Option<Reach> {
        match self {
            Self::AllUsers => Some(Reach::Everyone),
            // A policy of the caller's own account must allow it too.
            Self::AuthenticatedUsers => (!caller.is_anonymous()).then_some(Reach::Account),
            Self::Account(account) => {
                (!caller.is_anonymous() && caller.account == account).then_some(Reach::Account)
            }
            Self::LogDelivery => None,
        }
    }
}

impl Permission {
    pub const fn name(self) -> &'static str {
        match self {
            Self::FullControl => "FULL_CONTROL",
            Self::Write => "WRITE",
            Self::WriteAcp => "WRITE_ACP",
            Self::Read => "READ",
            Self::ReadAcp => "READ_ACP",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::FullControl, Self::Write, Self::WriteAcp, Self::Read, Self::ReadAcp]
            .into_iter()
            .find(|permission| permission.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_grants_each_caller_what_it_names_and_no_more() {
        let [owner, other] =
            ["111111111111", "222222222222"].map(|id| AccountId::parse(id).expect("digits"));
        let acl = Acl::canned("public-read", owner, owner).expect("canned");
        let stranger = Caller::anonymous(owner);
        let has = |granted: &Granted, action| granted.iter().any(|(one, _)| *one == action);
        assert!(has(&acl.on_bucket(&stranger, false), "s3:ListBucket"));
        assert!(!has(&acl.on_bucket(&stranger, false), "s3:PutObject"));
        assert!(acl.on_bucket(&stranger, true).is_empty());
        assert!(acl.is_public());
        let private = Acl::private(owner);
        assert!(has(&private.on_object(&Caller::root(owner), false), "s3:PutObjectAcl"));
        assert!(private.on_object(&Caller::root(other), false).is_empty());
        let shared = Acl::canned("bucket-owner-read", other, owner).expect("canned");
        assert!(has(&shared.on_object(&Caller::root(owner), false), "s3:GetObject"));
        assert!(!has(&shared.on_object(&Caller::root(owner), false), "s3:GetObjectAcl"));
    }
}
