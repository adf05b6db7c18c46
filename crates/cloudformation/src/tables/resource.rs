//! A resource of a stack: what is needed to refer to it and to delete it, without its template.

use std::collections::BTreeMap;

use api::cloudformation::ResourceStatus;
use gateway::{Cx, Error};
use minicbor::{Decode, Encode};
use store::{ByteVec, Keyring};

use super::{StackKey, codec, purpose};
use crate::template::{Map, Value};

#[derive(Clone, Encode, Decode)]
pub struct StackResource {
    #[n(0)]
    pub resource_type: String,
    /// What Ref answers; None while nothing was made.
    #[n(1)]
    pub physical_id: Option<String>,
    #[cbor(n(2), with = "codec::resource_status")]
    pub status: ResourceStatus,
    #[n(3)]
    pub reason: Option<String>,
    /// Milliseconds of AWS time.
    #[n(4)]
    pub timestamp: i64,
    /// The logical ids of what must outlive it.
    #[n(5)]
    pub depends_on: Vec<String>,
    /// As the template writes it.
    #[n(6)]
    pub deletion_policy: Option<String>,
    /// Its place in the order of creation.
    #[n(7)]
    pub order: u32,
    /// The properties as JSON text, secrets masked: what events show.
    #[n(8)]
    pub shown: Option<String>,
    /// A [`Sealed`]: properties and attributes may hold secrets.
    #[n(9)]
    pub sealed: Option<ByteVec>,
    /// As the template writes it.
    #[n(10)]
    pub update_replace_policy: Option<String>,
    /// Since when the stack waits for what the type's handler has begun, in milliseconds of AWS
    /// time; None where it does not.
    #[n(11)]
    pub waiting: Option<i64>,
    #[n(12)]
    pub creation_policy: Option<CreationPolicy>,
}

/// How many signals a resource needs to be made, and within which time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CreationPolicy {
    #[n(0)]
    pub count: u32,
    #[n(1)]
    pub millis: i64,
}

/// What a resource was before the update that touched it: what a rollback brings back.
#[derive(Clone, Encode, Decode)]
pub struct Before {
    /// None where the update has added the resource.
    #[n(0)]
    pub resource: Option<StackResource>,
    /// Only the record has changed, not the resource: nothing is told of it.
    #[n(1)]
    pub silent: bool,
}

/// A physical resource that the stack has no place for any more, to be deleted when all else is
/// done.
#[derive(Clone, Encode, Decode)]
pub struct Discarded {
    #[n(0)]
    pub logical_id: String,
    #[n(1)]
    pub resource: StackResource,
    /// Its policy says that it is left behind.
    #[n(2)]
    pub retained: bool,
}

/// What only the engine may read of a resource.
#[derive(Clone, Default, Encode, Decode)]
pub struct Sealed {
    /// JSON text, with dynamic references as the template has them.
    #[n(0)]
    pub properties: String,
    /// What Fn::GetAtt answers.
    #[n(1)]
    pub attributes: BTreeMap<String, String>,
    /// The stack's tags, as the resource was given them.
    #[n(2)]
    pub stack_tags: Option<Vec<(String, String)>>,
    /// The properties with what their dynamic references stood for; None where there were none.
    #[n(3)]
    pub applied: Option<String>,
}

impl Sealed {
    pub fn new(
        properties: &Map,
        attributes: BTreeMap<String, String>,
        stack_tags: &[(String, String)],
    ) -> Self {
        let properties = Value::Map(properties.clone()).to_json_text();
        let stack_tags = Some(stack_tags.to_vec());
        Self { properties, attributes, stack_tags, applied: None }
    }

    /// The same of a resource that was given other properties than its template writes.
    #[must_use]
    pub fn applied_as(mut self, applied: &Map) -> Self {
        let applied = Value::Map(applied.clone()).to_json_text();
        self.applied = (applied != self.properties).then_some(applied);
        self
    }

    pub fn properties(&self) -> Map {
        read(&self.properties)
    }

    /// The properties as the resource was given them.
    pub fn applied(&self) -> Map {
        read(self.applied.as_ref().unwrap_or(&self.properties))
    }
}

impl StackResource {
    /// Keeps what is secret of it.
    ///
    /// # Errors
    /// What the keyring says.
    pub fn seal(&mut self, cx: &Cx<'_>, key: &StackKey, sealed: &Sealed) -> Result<(), Error> {
        let plain = minicbor::to_vec(sealed).map_err(Error::internal)?;
        let sealed = cx.keyring().seal(&purpose("resource", key), &plain)?;
        self.sealed = Some(ByteVec::from(sealed));
        Ok(())
    }

    /// What is secret of it; nothing where nothing was kept.
    ///
    /// # Errors
    /// What the keyring says.
    pub fn open(&self, keyring: &Keyring, key: &StackKey) -> Result<Sealed, Error> {
        let Some(sealed) = &self.sealed else { return Ok(Sealed::default()) };
        let opened = keyring.open(&purpose("resource", key), sealed);
        let plain = opened.map_err(Error::internal)?;
        minicbor::decode(plain.expose()).map_err(Error::internal)
    }

    /// Whether there is nothing of it (any more) that the stack answers for.
    pub fn is_gone(&self) -> bool {
        matches!(
            self.status,
            ResourceStatus::DeleteComplete
                | ResourceStatus::DeleteSkipped
                | ResourceStatus::ImportRollbackComplete
        )
    }

    /// Whether it was there before, and the operation that runs or ran last made it the stack's, or
    /// was to.
    pub fn is_imported(&self) -> bool {
        matches!(
            self.status,
            ResourceStatus::ImportInProgress
                | ResourceStatus::ImportComplete
                | ResourceStatus::ImportFailed
        )
    }
}

fn read(text: &str) -> Map {
    match serde_json::from_str::<serde_json::Value>(text).map(|json| (&json).into()) {
        Ok(Value::Map(map)) => map,
        _ => Map::new(),
    }
}
