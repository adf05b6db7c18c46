//! What is kept of organizations. Keys begin with the organization's id, but for what an account
//! is asked for: its membership.
//!
//! | Table | Key | Value |
//! |---|---|---|
//! | 160 | organization | [`OrganizationRecord`] |
//! | 161 | account | [`MemberRecord`] |
//! | 162 | organization, unit | [`UnitRecord`] |
//! | 163 | organization, parent, unit or account below it | |
//! | 164 | organization, policy | [`ControlRecord`] |
//! | 165 | organization, root, unit or account, policy attached to it | |
//! | 166 | organization, policy, what it is attached to | |
//! | 167 | organization, account | |
//! | 168 | handshake | [`HandshakeRecord`] |
//! | 169 | organization, request to make an account | [`CreationRecord`] |
//! | 170 | organization, account, service it is a delegated administrator for | since when |
//! | 171 | organization, service with access | since when |
//! | 172 | account, job | [`AccessReportRecord`] |

use gateway::AccountId;
use gateway::tables::IDENTITY;
use minicbor::{Decode, Encode};
use store::{Record, Table};

use super::access_report::AccessReportRecord;

pub const ORGANIZATIONS: Table<String, OrganizationRecord> = Table::new(IDENTITY + 60);
pub const MEMBERS: Table<u64, MemberRecord> = Table::new(IDENTITY + 61);
pub const UNITS: Table<(String, String), UnitRecord> = Table::new(IDENTITY + 62);
pub const CHILDREN: Table<(String, String, String), ()> = Table::new(IDENTITY + 63);
pub const CONTROLS: Table<(String, String), ControlRecord> = Table::new(IDENTITY + 64);
pub const ATTACHED: Table<(String, String, String), ()> = Table::new(IDENTITY + 65);
pub const TARGETS: Table<(String, String, String), ()> = Table::new(IDENTITY + 66);
pub const ACCOUNTS_OF: Table<(String, u64), ()> = Table::new(IDENTITY + 67);
pub const HANDSHAKES: Table<String, HandshakeRecord> = Table::new(IDENTITY + 68);
pub const CREATIONS: Table<(String, String), CreationRecord> = Table::new(IDENTITY + 69);
pub const DELEGATED: Table<(String, u64, String), u64> = Table::new(IDENTITY + 70);
pub const SERVICE_ACCESS: Table<(String, String), u64> = Table::new(IDENTITY + 71);
pub const ACCESS_REPORTS: Table<(u64, String), AccessReportRecord> = Table::new(IDENTITY + 72);

/// Key and value, in the order in which they were set.
pub type Tags = Vec<(String, String)>;

#[derive(Debug, Clone, Encode, Decode)]
pub struct OrganizationRecord {
    /// `o-…`
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub management: AccountId,
    /// `r-…`
    #[n(2)]
    pub root: String,
    /// Else it only shares its bills.
    #[n(3)]
    pub all_features: bool,
    /// The types of policy that are enabled in the root.
    #[n(4)]
    pub enabled: Vec<Control>,
    #[n(5)]
    pub root_tags: Tags,
    /// IAM: the root users of members may be left without credentials.
    #[n(6)]
    pub root_credentials: bool,
    /// IAM: sessions of members' root users.
    #[n(7)]
    pub root_sessions: bool,
}

#[derive(Debug, Clone, Encode, Decode)]
pub struct MemberRecord {
    #[n(0)]
    pub organization: String,
    /// `r-…` or `ou-…`
    #[n(1)]
    pub parent: String,
    /// Seconds.
    #[n(2)]
    pub joined: i64,
    /// Made in the organization, not invited.
    #[n(3)]
    pub created: bool,
    #[n(4)]
    pub tags: Tags,
}

#[derive(Debug, Clone, Encode, Decode)]
pub struct UnitRecord {
    /// `ou-…-…`
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub parent: String,
    #[n(3)]
    pub tags: Tags,
}

/// The types of policy that are enforced here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Control {
    #[n(0)]
    Service,
    #[n(1)]
    Resource,
}

#[derive(Debug, Clone, Encode, Decode)]
pub struct ControlRecord {
    /// `p-…`
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub description: String,
    #[n(3)]
    pub kind: Control,
    #[n(4)]
    pub content: String,
    #[n(5)]
    pub tags: Tags,
}

#[derive(Debug, Clone, Encode, Decode)]
pub struct HandshakeRecord {
    /// `h-…`
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub organization: String,
    /// The management account that invites.
    #[n(2)]
    pub management: AccountId,
    /// The account that is invited.
    #[n(3)]
    pub account: AccountId,
    /// Where it was invited by its address.
    #[n(4)]
    pub email: Option<String>,
    #[n(5)]
    pub notes: Option<String>,
    #[n(6)]
    pub state: State,
    /// Seconds.
    #[n(7)]
    pub requested: i64,
    #[n(8)]
    pub expires: i64,
    /// What the account is tagged with once it has joined.
    #[n(9)]
    pub tags: Tags,
    #[n(10)]
    pub all_features: bool,
    /// None for an invitation.
    #[n(11)]
    pub migration: Option<Migration>,
}

/// What a handshake of the migration to all features is.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Migration {
    /// The organization's own, which ends the migration.
    #[n(0)]
    Enable,
    /// Of an invited account, which has to agree; the id of the one above.
    #[n(1)]
    Approve(#[n(0)] String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum State {
    #[n(0)]
    Open,
    #[n(1)]
    Accepted,
    #[n(2)]
    Declined,
    #[n(3)]
    Canceled,
}

#[derive(Debug, Clone, Encode, Decode)]
pub struct CreationRecord {
    /// `car-…`
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub name: String,
    /// Seconds.
    #[n(2)]
    pub at: i64,
    /// None where it failed.
    #[n(3)]
    pub account: Option<AccountId>,
}

impl Record for OrganizationRecord {
    const VERSION: u8 = 1;
}
impl Record for MemberRecord {
    const VERSION: u8 = 1;
}
impl Record for UnitRecord {
    const VERSION: u8 = 1;
}
impl Record for ControlRecord {
    const VERSION: u8 = 1;
}
impl Record for HandshakeRecord {
    const VERSION: u8 = 1;
}
impl Record for CreationRecord {
    const VERSION: u8 = 1;
}
