//! IAM and STS at the wire: signed requests in, XML out, in process, at a fixed time and from a
//! fixed seed.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what a test needs and does not get fails the test"
)]

mod access_keys;
mod access_reports;
mod accounts;
mod assume_role;
mod boundaries;
mod certificates;
mod common;
mod directory;
mod federation_tokens;
mod groups;
mod hostile;
mod inline;
mod inner_calls;
mod instance_profiles;
mod login_profiles;
mod managed_policies;
mod mfa_devices;
mod migration;
mod oidc_providers;
mod organization_policies;
mod organizations;
mod paging;
mod quotas;
mod reports;
mod roles;
mod saml_providers;
mod service_credentials;
mod service_linked_roles;
mod session_token;
mod simulation;
mod tags;
mod users;
