//! Identity's tables. Every key begins with the account's number, so that resetting an account is a
//! range delete per table; the three that do not (`KEYS`, `ALIASES`, `CANONICAL_IDS`: what a
//! stranger's request names) have an index that does.

use gateway::tables::IDENTITY;
use store::{Table, Tx};

use crate::access_advisor::AccessJobRecord;
use crate::access_key::{KeyRecord, UseRecord};
use crate::account::AccountRecord;
use crate::attachment::AttachmentRecord;
use crate::credential_report::ReportRecord;
use crate::entity::Entity;
use crate::inline::InlineRecord;
use crate::instance_profile::ProfileRecord;
use crate::login_profile::LoginRecord;
use crate::managed_policy::{PolicyRecord, VersionRecord};
use crate::mfa_device::MfaRecord;
use crate::oidc_provider::OidcRecord;
use crate::password_policy::PasswordPolicyRecord;
use crate::saml_provider::SamlRecord;
use crate::server_certificate::ServerCertificateRecord;
use crate::service_credential::CredentialRecord;
use crate::signing_certificate::SigningCertificateRecord;
use crate::ssh_public_key::SshKeyRecord;

/// account -> the account
pub const ACCOUNTS: Table<u64, AccountRecord> = Table::new(IDENTITY);
/// canonical user id -> account
pub const CANONICAL_IDS: Table<String, u64> = Table::new(IDENTITY + 1);
/// account -> a value that every identity write replaces: what caches are valid by
pub const EPOCHS: Table<u64, u64> = Table::new(IDENTITY + 2);
/// account, kind, lower-case name -> user, group or role
pub const ENTITIES: Table<(u64, u8, String), Entity> = Table::new(IDENTITY + 3);
/// account, unique id -> lower-case name
pub const ENTITY_IDS: Table<(u64, String), String> = Table::new(IDENTITY + 4);
/// account, what -> how many there are
pub const COUNTS: Table<(u64, String), u64> = Table::new(IDENTITY + 5);
/// account, lower-case name -> customer managed policy
pub const POLICIES: Table<(u64, String), PolicyRecord> = Table::new(IDENTITY + 6);
/// account, policy id, version -> its document
pub const VERSIONS: Table<(u64, String, u32), VersionRecord> = Table::new(IDENTITY + 7);
/// account, entity id, policy id -> attached
pub const ATTACHMENTS: Table<(u64, String, String), AttachmentRecord> = Table::new(IDENTITY + 8);
/// account, policy id, entity id
pub const ATTACHED_TO: Table<(u64, String, String), ()> = Table::new(IDENTITY + 9);
/// account, policy id, entity id that it bounds
pub const BOUNDARY_OF: Table<(u64, String, String), ()> = Table::new(IDENTITY + 10);
/// account, entity id, lower-case policy name -> inline policy
pub const INLINE: Table<(u64, String, String), InlineRecord> = Table::new(IDENTITY + 11);
/// account, group id, user id
pub const MEMBERS: Table<(u64, String, String), ()> = Table::new(IDENTITY + 12);
/// account, user id, group id
pub const MEMBERSHIPS: Table<(u64, String, String), ()> = Table::new(IDENTITY + 13);
/// access key id -> long-term key
pub const KEYS: Table<String, KeyRecord> = Table::new(IDENTITY + 14);
/// account, user id (or `root`), access key id
pub const OWNED_KEYS: Table<(u64, String, String), ()> = Table::new(IDENTITY + 15);
/// account, access key id of root that a start of the server gave
pub const GIVEN_KEYS: Table<(u64, String), ()> = Table::new(IDENTITY + 36);
/// account, access key id or role id -> when and where it was last used
pub const USES: Table<(u64, String), UseRecord> = Table::new(IDENTITY + 16);
/// account alias -> account
pub const ALIASES: Table<String, u64> = Table::new(IDENTITY + 17);
/// account -> its alias
pub const ALIAS_OF: Table<u64, String> = Table::new(IDENTITY + 18);
/// account, lower-case name -> instance profile
pub const INSTANCE_PROFILES: Table<(u64, String), ProfileRecord> = Table::new(IDENTITY + 19);
/// account, role id, lower-case name of an instance profile that holds it
pub const PROFILES_OF_ROLE: Table<(u64, String, String), ()> = Table::new(IDENTITY + 20);
/// account, id of the deletion of a service-linked role -> when it was done, in seconds
pub const DELETION_TASKS: Table<(u64, String), u64> = Table::new(IDENTITY + 21);
/// account, user id, credential id -> service-specific credential
pub const SERVICE_CREDENTIALS: Table<(u64, String, String), CredentialRecord> =
    Table::new(IDENTITY + 22);
/// account, user id -> its password
pub const LOGIN_PROFILES: Table<(u64, String), LoginRecord> = Table::new(IDENTITY + 23);
/// account -> which passwords its users may have
pub const PASSWORD_POLICIES: Table<u64, PasswordPolicyRecord> = Table::new(IDENTITY + 24);
/// account, URL without its scheme -> OpenID Connect provider
pub const OIDC_PROVIDERS: Table<(u64, String), OidcRecord> = Table::new(IDENTITY + 25);
/// account, serial number -> virtual MFA device
pub const MFA_DEVICES: Table<(u64, String), MfaRecord> = Table::new(IDENTITY + 26);
/// account, user id, serial number of a device of the user's
pub const MFA_OF: Table<(u64, String, String), ()> = Table::new(IDENTITY + 27);
/// account, lower-case name -> SAML provider
pub const SAML_PROVIDERS: Table<(u64, String), SamlRecord> = Table::new(IDENTITY + 28);
/// account, user id, key id -> SSH public key
pub const SSH_KEYS: Table<(u64, String, String), SshKeyRecord> = Table::new(IDENTITY + 29);
/// account, user id, certificate id -> signing certificate
pub const SIGNING_CERTIFICATES: Table<(u64, String, String), SigningCertificateRecord> =
    Table::new(IDENTITY + 30);
/// account, lower-case name -> server certificate
pub const SERVER_CERTIFICATES: Table<(u64, String), ServerCertificateRecord> =
    Table::new(IDENTITY + 31);
/// account, user or role id, service -> when and where it last used the service
pub const SERVICE_USES: Table<(u64, String, String), UseRecord> = Table::new(IDENTITY + 32);
/// account, job id -> what its access advisor found
pub const ACCESS_JOBS: Table<(u64, String), AccessJobRecord> = Table::new(IDENTITY + 33);
/// account -> its credential report
pub const CREDENTIAL_REPORTS: Table<u64, ReportRecord> = Table::new(IDENTITY + 34);
/// account, user or role id, action (`iam:GetUser`) -> when and where it was last asked for
pub const ACTION_USES: Table<(u64, String, String), UseRecord> = Table::new(IDENTITY + 35);

/// Deletes each row that begins with the account.
pub fn clear(tx: &mut Tx, account: u64) {
    let key = (account,);
    ENTITIES.delete_prefix(tx, key);
    ENTITY_IDS.delete_prefix(tx, key);
    COUNTS.delete_prefix(tx, key);
    POLICIES.delete_prefix(tx, key);
    VERSIONS.delete_prefix(tx, key);
    ATTACHMENTS.delete_prefix(tx, key);
    ATTACHED_TO.delete_prefix(tx, key);
    BOUNDARY_OF.delete_prefix(tx, key);
    INLINE.delete_prefix(tx, key);
    MEMBERS.delete_prefix(tx, key);
    MEMBERSHIPS.delete_prefix(tx, key);
    OWNED_KEYS.delete_prefix(tx, key);
    USES.delete_prefix(tx, key);
    INSTANCE_PROFILES.delete_prefix(tx, key);
    PROFILES_OF_ROLE.delete_prefix(tx, key);
    DELETION_TASKS.delete_prefix(tx, key);
    SERVICE_CREDENTIALS.delete_prefix(tx, key);
    LOGIN_PROFILES.delete_prefix(tx, key);
    PASSWORD_POLICIES.delete(tx, account);
    OIDC_PROVIDERS.delete_prefix(tx, key);
    MFA_DEVICES.delete_prefix(tx, key);
    MFA_OF.delete_prefix(tx, key);
    SAML_PROVIDERS.delete_prefix(tx, key);
    SSH_KEYS.delete_prefix(tx, key);
    SIGNING_CERTIFICATES.delete_prefix(tx, key);
    SERVER_CERTIFICATES.delete_prefix(tx, key);
    SERVICE_USES.delete_prefix(tx, key);
    ACTION_USES.delete_prefix(tx, key);
    ACCESS_JOBS.delete_prefix(tx, key);
    CREDENTIAL_REPORTS.delete(tx, account);
    ALIAS_OF.delete(tx, account);
}
