//! What is kept of stacks. Every key begins with account and region, so that an account is reset by
//! range.
//!
//! | Table | Key behind account and region | Value |
//! |---|---|---|
//! | 300 | stack's uuid | [`Stack`] |
//! | 301 | name of a stack that is not deleted | its uuid |
//! | 302 | stack's uuid, use | a template's text |
//! | 303 | stack's uuid, use | the parameters' texts, sealed |
//! | 304 | stack's uuid, logical id | [`StackResource`] |
//! | 305 | stack's uuid, number backwards | [`StackEvent`] |
//! | 306 | change set's uuid | [`ChangeSet`] |
//! | 307 | stack's uuid, change set's name | the change set's uuid |
//! | 308 | export's name | [`Export`] |
//! | 309 | export's name, importing stack's uuid | – |
//! | 310 | stack's uuid | [`Operation`], while one runs |
//! | 311 | stack's uuid, client request token | the operation it was given to |
//! | 312 | stack's uuid, logical id | [`Before`], until an update is done or rolled back |
//! | 313 | stack's uuid, logical id `/` physical id | [`Discarded`] |
//! | 314 | stack's uuid | the [`Stack`] before the update that runs or failed |
//! | 315 | stack's uuid, use | a stack policy's text |
//! | 317 | stack's uuid, logical id, unique id | a [`crate::signal::Signal`] |
//! | 316 | stack's uuid, use | [`Processed`], of a template with transforms |
//!
//! The "use" of a template is empty for the stack's own, `previous` for that which the stack goes
//! back to when its update fails, and a change set's uuid for one that is proposed. That of a
//! policy is empty, or `during` for one update's own.

mod change_set;
mod operation;
mod processed;
mod resource;
mod stack;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use gateway::{AccountId, Cx, Error, tables};
use store::{ByteVec, Record, Table, Tx};

pub use change_set::{Change, ChangeSet, Detail, Only};
pub use operation::{OnFailure, Operation, Phase};
pub use processed::Processed;
pub use resource::{Before, CreationPolicy, Discarded, Sealed, StackResource};
pub use stack::{Export, Output, Rollback, Stack, StackEvent};

type Id = (u64, String, String);
type Part = (u64, String, String, String);

pub const STACKS: Table<Id, Stack> = Table::new(tables::CLOUDFORMATION);
pub const NAMES: Table<Id, String> = Table::new(tables::CLOUDFORMATION + 1);
pub const TEMPLATES: Table<Part, String> = Table::new(tables::CLOUDFORMATION + 2);
const PARAMETERS: Table<Part, ByteVec> = Table::new(tables::CLOUDFORMATION + 3);
pub const RESOURCES: Table<Part, StackResource> = Table::new(tables::CLOUDFORMATION + 4);
pub const EVENTS: Table<(u64, String, String, Reverse<u64>), StackEvent> =
    Table::new(tables::CLOUDFORMATION + 5);
pub const CHANGE_SETS: Table<Id, ChangeSet> = Table::new(tables::CLOUDFORMATION + 6);
pub const CHANGE_SET_NAMES: Table<Part, String> = Table::new(tables::CLOUDFORMATION + 7);
pub const EXPORTS: Table<Id, Export> = Table::new(tables::CLOUDFORMATION + 8);
pub const IMPORTS: Table<Part, ()> = Table::new(tables::CLOUDFORMATION + 9);
pub const OPERATIONS: Table<Id, Operation> = Table::new(tables::CLOUDFORMATION + 10);
pub const TOKENS: Table<Part, String> = Table::new(tables::CLOUDFORMATION + 11);
pub const BEFORE: Table<Part, Before> = Table::new(tables::CLOUDFORMATION + 12);
pub const DISCARDED: Table<Part, Discarded> = Table::new(tables::CLOUDFORMATION + 13);
pub const STABLE: Table<Id, Stack> = Table::new(tables::CLOUDFORMATION + 14);
pub const POLICIES: Table<Part, String> = Table::new(tables::CLOUDFORMATION + 15);
pub const PROCESSED: Table<Part, Processed> = Table::new(tables::CLOUDFORMATION + 16);

/// More than AWS's quota of stacks, resources and outputs: what a scan that must see all takes.
pub const ALL: usize = 1_000_000;

/// The use of the template that the stack stands on.
pub const CURRENT: &str = "";

/// The use of the template that a failed update goes back to.
pub const PREVIOUS: &str = "previous";

/// The use of the stack policy that holds for one update.
pub const DURING: &str = "during";

/// Where a stack's rows stand.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct StackKey {
    #[n(0)]
    pub account: AccountId,
    #[n(1)]
    pub region: String,
    #[n(2)]
    pub uuid: String,
}

impl StackKey {
    /// The key of a stack itself.
    pub fn id(&self) -> (u64, &str, &str) {
        (self.account.number(), &self.region, &self.uuid)
    }

    /// The key of something of the stack.
    pub fn part<'a>(&'a self, name: &'a str) -> (u64, &'a str, &'a str, &'a str) {
        (self.account.number(), &self.region, &self.uuid, name)
    }

    /// The key of something of the same account and region.
    pub fn beside<'a>(&'a self, name: &'a str) -> (u64, &'a str, &'a str) {
        (self.account.number(), &self.region, name)
    }
}

/// Keeps parameters' texts; they may be secrets, so they are sealed.
///
/// # Errors
/// What the store or the keyring says.
pub fn put_parameters(
    cx: &mut Cx<'_>,
    key: &StackKey,
    used: &str,
    texts: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let plain = minicbor::to_vec(texts).map_err(Error::internal)?;
    let sealed = cx.keyring().seal(&purpose("parameters", key), &plain)?;
    PARAMETERS.put(cx.tx, key.part(used), &ByteVec::from(sealed))?;
    Ok(())
}

/// The parameters' texts by name.
///
/// # Errors
/// What the store or the keyring says.
pub fn parameters(
    cx: &Cx<'_>,
    key: &StackKey,
    used: &str,
) -> Result<BTreeMap<String, String>, Error> {
    let Some(sealed) = PARAMETERS.get(cx.tx, key.part(used))? else { return Ok(BTreeMap::new()) };
    let opened = cx.keyring().open(&purpose("parameters", key), &sealed);
    let plain = opened.map_err(Error::internal)?;
    minicbor::decode(plain.expose()).map_err(Error::internal)
}

/// Lets template and parameters stand for another use as well.
///
/// # Errors
/// Only what the store says.
pub fn copy_proposal(tx: &mut Tx, key: &StackKey, from: &str, to: &str) -> Result<(), Error> {
    if let Some(template) = TEMPLATES.get(tx, key.part(from))? {
        TEMPLATES.put(tx, key.part(to), &template)?;
    }
    match PROCESSED.get(tx, key.part(from))? {
        Some(processed) => PROCESSED.put(tx, key.part(to), &processed)?,
        None => PROCESSED.delete(tx, key.part(to)),
    }
    if let Some(parameters) = PARAMETERS.get(tx, key.part(from))? {
        PARAMETERS.put(tx, key.part(to), &parameters)?;
    }
    Ok(())
}

/// Drops template and parameters of a change set.
pub fn delete_proposal(tx: &mut Tx, key: &StackKey, used: &str) {
    TEMPLATES.delete(tx, key.part(used));
    PROCESSED.delete(tx, key.part(used));
    PARAMETERS.delete(tx, key.part(used));
}

/// What a sealed value is for, and whose.
pub fn purpose(what: &str, key: &StackKey) -> Vec<u8> {
    format!("cloudformation {what} {} {} {}", key.account, key.region, key.uuid).into_bytes()
}

/// Deletes every stack of the account as if it had never been; what the stacks made is not touched.
pub fn reset(tx: &mut Tx, id: AccountId) {
    let account = (id.number(),);
    STACKS.delete_prefix(tx, account);
    NAMES.delete_prefix(tx, account);
    TEMPLATES.delete_prefix(tx, account);
    PARAMETERS.delete_prefix(tx, account);
    RESOURCES.delete_prefix(tx, account);
    EVENTS.delete_prefix(tx, account);
    CHANGE_SETS.delete_prefix(tx, account);
    CHANGE_SET_NAMES.delete_prefix(tx, account);
    EXPORTS.delete_prefix(tx, account);
    IMPORTS.delete_prefix(tx, account);
    OPERATIONS.delete_prefix(tx, account);
    TOKENS.delete_prefix(tx, account);
    BEFORE.delete_prefix(tx, account);
    DISCARDED.delete_prefix(tx, account);
    STABLE.delete_prefix(tx, account);
    POLICIES.delete_prefix(tx, account);
    PROCESSED.delete_prefix(tx, account);
    crate::signal::reset(tx, id);
}

/// Enumerations of the model, kept as AWS writes them.
macro_rules! text_codec {
    ($($module:ident: $type:ty;)*) => {$(
        pub mod $module {
            use minicbor::encode::Write;
            use minicbor::{Decoder, Encoder};

            pub fn encode<C, W: Write>(
                value: &$type,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.str(value.as_str())?.ok()
            }

            pub fn decode<C>(
                d: &mut Decoder<'_>,
                _: &mut C,
            ) -> Result<$type, minicbor::decode::Error> {
                Ok(<$type>::from(d.str()?))
            }
        }
    )*};
}

mod codec {
    text_codec! {
        stack_status: api::cloudformation::StackStatus;
        resource_status: api::cloudformation::ResourceStatus;
        change_set_status: api::cloudformation::ChangeSetStatus;
        change_set_type: api::cloudformation::ChangeSetType;
        execution_status: api::cloudformation::ExecutionStatus;
    }
}

impl Record for Stack {
    const VERSION: u8 = 1;
}
impl Record for Processed {
    const VERSION: u8 = 1;
}
impl Record for StackEvent {
    const VERSION: u8 = 1;
}
impl Record for StackResource {
    const VERSION: u8 = 1;
}
impl Record for Before {
    const VERSION: u8 = 1;
}
impl Record for Discarded {
    const VERSION: u8 = 1;
}
impl Record for ChangeSet {
    const VERSION: u8 = 1;
}
impl Record for Export {
    const VERSION: u8 = 1;
}
impl Record for Operation {
    const VERSION: u8 = 1;
}
