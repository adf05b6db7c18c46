//! Identity: IAM, STS and Organizations, and what the gateway asks of them at each request.
//!
//! One file per noun. [`iam`], [`sts`] and [`organizations`] are the services, [`IdentityDirectory`] answers the
//! gateway, [`account`] is what the server's start and its administration need. Every write of
//! identity ends the account's [`epoch`]. Deliberately absent: how a decision is made (crate
//! `policy`) and when it is asked for (crate `gateway`).

mod access_advisor;
mod access_key;
pub mod account;
mod alias;
mod arn;
mod attachment;
mod authorization_details;
mod aws_managed_policy;
mod boundary;
mod certificate;
mod compile;
mod count;
mod credential_report;
mod der;
mod directory;
mod document;
mod entity;
mod epoch;
mod error;
mod granted;
mod granting_policy;
mod group;
mod iam;
mod inline;
mod instance_profile;
mod listing;
mod login_profile;
mod managed_policy;
mod membership;
mod mfa_code;
mod mfa_device;
mod oidc_provider;
mod organization;
mod page;
mod password;
mod password_policy;
mod policy_entities;
mod policy_version;
pub mod principals;
mod public_key;
mod qr;
mod resource;
mod role;
mod saml_metadata;
mod saml_provider;
mod server_certificate;
mod service_credential;
mod service_linked_role;
mod signing_certificate;
mod simulate;
mod ssh_key;
mod ssh_public_key;
mod sts;
mod summary;
mod tables;
mod tag;
mod totp;
mod tracked_action;
mod trust;
mod usage;
mod user;

pub use directory::IdentityDirectory;
pub use iam::service as iam;
pub use organization::service as organizations;
pub use sts::service as sts;
