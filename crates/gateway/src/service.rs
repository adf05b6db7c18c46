//! A service: its model, the rows of its decisions, and one line for each operation it serves.
//!
//! Adding an operation is one typed function and one `on::<Operation>(function)`. Parsing,
//! validation, wire form, routing and authorization come from data. An operation of the model
//! without a line answers `NotImplemented`.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::pin::Pin;

use api::{Operation, OperationShape, Protocol, ServiceShape, Structure};
use store::Blobs;
use wire::rest::Router;

use crate::cross_origin::CrossOrigin;
use crate::intake::Intake;
use crate::rows::{Row, Rows};
use crate::stream::{Incoming, Outgoing};
use crate::{Cx, Error, RequestFacts, Resource};

/// Finds the resource that a row speaks of, from the input: its ARN, tags, account and policy.
pub type Resolver = fn(&mut Cx<'_>, &dyn Structure) -> Result<Resource, Error>;

/// Adds condition keys that only the service can compute (tags in a header, a copy source).
pub type Facts = fn(&mut Cx<'_>, &Row, &dyn Structure, &mut policy::Context) -> Result<(), Error>;

/// Compares a document with what headers and trailers say of it, before it is read: S3's checksums.
pub type Integrity =
    fn(&'static OperationShape, &RequestFacts, &[u8], &[(String, String)]) -> Result<(), Error>;

/// One step of background work, in a transaction of its own.
pub type Job = fn(&mut Cx<'_>, &[u8]) -> Result<(), Error>;

/// Handles an operation whose answer streams: its output and the bytes.
type Downloading<O> =
    fn(&mut Cx<'_>, <O as Operation>::Input) -> Result<(<O as Operation>::Output, Outgoing), Error>;

/// Makes what an upload received visible.
type Commit<O, R> =
    fn(&mut Cx<'_>, &<O as Operation>::Input, &R) -> Result<<O as Operation>::Output, Error>;

/// The most bytes of a request document, unless an operation says otherwise.
const DOCUMENT_SIZE_MAX: usize = 1024 * 1024;

pub struct Service {
    pub(crate) shape: &'static ServiceShape,
    /// None for services that are not REST.
    pub(crate) router: Option<Router>,
    pub(crate) jobs: HashMap<&'static str, Job>,
    pub(crate) facts: Option<Facts>,
    pub(crate) integrity: Option<Integrity>,
    pub(crate) cross_origin: Option<CrossOrigin>,
    /// What the names begin with of buckets that are none, and what takes what is put there.
    pub(crate) intake: Option<(&'static str, Intake)>,
    pub(crate) signing_name: &'static str,
    rows: BTreeMap<String, Vec<Row>>,
    resolvers: HashMap<&'static str, Resolver>,
    entries: HashMap<&'static str, Entry>,
    limits: HashMap<&'static str, usize>,
}

/// An operation that is served.
pub(crate) struct Entry {
    pub shape: &'static OperationShape,
    pub new_input: fn() -> Box<dyn Input>,
    pub handler: Handler,
}

pub(crate) enum Handler {
    Plain(Box<Plain>),
    Download(Box<Download>),
    Upload(Box<dyn Upload>),
}

type Plain = dyn Fn(&mut Cx<'_>, Box<dyn Input>) -> Result<Box<dyn Output>, Error> + Send + Sync;
type Download =
    dyn Fn(&mut Cx<'_>, Box<dyn Input>) -> Result<(Box<dyn Output>, Outgoing), Error> + Send + Sync;
pub(crate) type Parcel = Box<dyn Any + Send + Sync>;
type Receiving = Pin<Box<dyn Future<Output = Result<Parcel, Error>> + Send>>;

/// An operation that takes an object's bytes: a transaction, the stream, a transaction.
pub(crate) trait Upload: Send + Sync {
    fn begin(&self, cx: &mut Cx<'_>, input: &dyn Input) -> Result<Parcel, Error>;
    fn receive(&self, plan: Parcel, body: Incoming, blobs: Blobs) -> Receiving;
    fn commit(
        &self,
        cx: &mut Cx<'_>,
        input: &dyn Input,
        received: &Parcel,
    ) -> Result<Box<dyn Output>, Error>;
}

/// A typed input behind its structure.
pub(crate) trait Input: Structure + Send + Sync {
    fn as_structure(&self) -> &dyn Structure;
    fn as_structure_mut(&mut self) -> &mut dyn Structure;
    fn as_any(&self) -> &dyn Any;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

/// A typed output behind its structure.
pub(crate) trait Output: Structure + Send {
    fn as_structure(&self) -> &dyn Structure;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

impl<T: Structure + Send + Sync + 'static> Input for T {
    fn as_structure(&self) -> &dyn Structure {
        self
    }
    fn as_structure_mut(&mut self) -> &mut dyn Structure {
        self
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

impl<T: Structure + Send + 'static> Output for T {
    fn as_structure(&self) -> &dyn Structure {
        self
    }
    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

impl Service {
    /// A service of `shape` whose decisions stand in `rows`, the text of
    /// `data/authz/<service>.json`.
    ///
    /// # Errors
    /// Where the rows do not parse: a fault of this build, found at start.
    pub fn new(shape: &'static ServiceShape, rows: &str) -> Result<Self, serde_json::Error> {
        let rows: Rows = serde_json::from_str(rows)?;
        Ok(Self {
            shape,
            router: (shape.protocol == Protocol::RestXml).then(|| wire::rest::router(shape)),
            jobs: HashMap::new(),
            facts: None,
            integrity: None,
            cross_origin: None,
            intake: None,
            signing_name: shape.name,
            rows: rows.operations,
            resolvers: HashMap::new(),
            entries: HashMap::new(),
            limits: HashMap::new(),
        })
    }

    /// Serves `O` by `handler`.
    #[must_use]
    pub fn on<O: Operation>(
        self,
        handler: fn(&mut Cx<'_>, O::Input) -> Result<O::Output, Error>,
    ) -> Self {
        self.entry::<O>(Handler::Plain(Box::new(move |cx, input| {
            Ok(Box::new(handler(cx, take::<O::Input>(input)?)?))
        })))
    }

    /// Serves `O`, whose answer streams an object's bytes. The transaction ends before the first
    /// byte.
    #[must_use]
    pub fn download<O: Operation>(self, handler: Downloading<O>) -> Self {
        self.entry::<O>(Handler::Download(Box::new(move |cx, input| {
            let (output, body) = handler(cx, take::<O::Input>(input)?)?;
            Ok((Box::new(output), body))
        })))
    }

    /// Serves `O`, whose request streams an object's bytes: `begin` plans it in a transaction,
    /// `receive` takes the bytes outside of any, `commit` makes it visible in another. Authorized
    /// once, before `begin`.
    #[must_use]
    pub fn upload<O, P, R, F>(
        self,
        begin: fn(&mut Cx<'_>, &O::Input) -> Result<P, Error>,
        receive: fn(P, Incoming, Blobs) -> F,
        commit: Commit<O, R>,
    ) -> Self
    where
        O: Operation,
        P: Send + Sync + 'static,
        R: Send + Sync + 'static,
        F: Future<Output = Result<R, Error>> + Send + 'static,
    {
        let upload: TypedUpload<O, P, R, F> = TypedUpload { begin, receive, commit };
        self.entry::<O>(Handler::Upload(Box::new(upload)))
    }

    /// How the resource kind `name` of the rows is found.
    #[must_use]
    pub fn resource(mut self, name: &'static str, resolver: Resolver) -> Self {
        self.resolvers.insert(name, resolver);
        self
    }

    /// Condition keys that the service computes for every row.
    #[must_use]
    pub fn facts(mut self, facts: Facts) -> Self {
        self.facts = Some(facts);
        self
    }

    /// What each document is compared with, once its signature was found right.
    #[must_use]
    pub fn integrity(mut self, integrity: Integrity) -> Self {
        self.integrity = Some(integrity);
        self
    }

    /// The service's name in credential scopes, where that is another's.
    #[must_use]
    pub const fn signing_name(mut self, name: &'static str) -> Self {
        self.signing_name = name;
        self
    }

    /// Which pages of other origins see its answers.
    #[must_use]
    pub fn cross_origin(mut self, cross_origin: CrossOrigin) -> Self {
        self.cross_origin = Some(cross_origin);
        self
    }

    /// What takes the documents that are put under the service's own URLs, which seem to speak of
    /// buckets whose names begin with `prefix`; the region follows in them.
    #[must_use]
    pub const fn intake(mut self, prefix: &'static str, intake: Intake) -> Self {
        self.intake = Some((prefix, intake));
        self
    }

    /// Background work of the kind `name`.
    #[must_use]
    pub fn job(mut self, name: &'static str, job: Job) -> Self {
        self.jobs.insert(name, job);
        self
    }

    /// The most bytes that the document of `operation` may measure.
    #[must_use]
    pub fn limit(mut self, operation: &'static str, bytes: usize) -> Self {
        self.limits.insert(operation, bytes);
        self
    }

    /// The service's name: `iam`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.shape.name
    }

    /// The operations of the model that are not served: the list may only shrink.
    #[must_use]
    pub fn not_implemented(&self) -> Vec<&'static str> {
        let served = |name: &&str| self.entries.contains_key(*name);
        self.shape.operations.iter().map(|shape| shape.name).filter(|name| !served(name)).collect()
    }

    /// The operations that are served, with their rows: what the authorization coverage test
    /// visits.
    pub fn decisions(&self) -> impl Iterator<Item = (&'static OperationShape, &[Row])> {
        let mut served: Vec<_> = self.entries.values().collect();
        served.sort_by_key(|entry| entry.shape.name);
        served.into_iter().map(|entry| (entry.shape, self.rows(entry.shape.name)))
    }

    pub(crate) fn operation(&self, name: &str) -> Option<&'static OperationShape> {
        let place = self.shape.operations.binary_search_by(|shape| shape.name.cmp(name)).ok()?;
        self.shape.operations.get(place).copied()
    }

    pub(crate) fn served(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    pub(crate) fn rows(&self, operation: &str) -> &[Row] {
        self.rows.get(operation).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn resolver(&self, kind: &str) -> Option<Resolver> {
        self.resolvers.get(kind).copied()
    }

    pub(crate) fn document_size_max(&self, operation: &str) -> usize {
        self.limits.get(operation).copied().unwrap_or(DOCUMENT_SIZE_MAX)
    }

    fn entry<O: Operation>(mut self, handler: Handler) -> Self {
        let entry = Entry { shape: O::SHAPE, new_input: || Box::new(O::Input::default()), handler };
        self.entries.insert(O::SHAPE.name, entry);
        self
    }
}

struct TypedUpload<O: Operation, P, R, F> {
    begin: fn(&mut Cx<'_>, &O::Input) -> Result<P, Error>,
    receive: fn(P, Incoming, Blobs) -> F,
    commit: Commit<O, R>,
}

impl<O, P, R, F> Upload for TypedUpload<O, P, R, F>
where
    O: Operation,
    P: Send + Sync + 'static,
    R: Send + Sync + 'static,
    F: Future<Output = Result<R, Error>> + Send + 'static,
{
    fn begin(&self, cx: &mut Cx<'_>, input: &dyn Input) -> Result<Parcel, Error> {
        Ok(Box::new((self.begin)(cx, typed::<O::Input>(input)?)?))
    }

    fn receive(&self, plan: Parcel, body: Incoming, blobs: Blobs) -> Receiving {
        let receive = self.receive;
        Box::pin(async move {
            let plan = plan.downcast::<P>().map_err(|_| mismatch())?;
            let received: Parcel = Box::new(receive(*plan, body, blobs).await?);
            Ok(received)
        })
    }

    fn commit(
        &self,
        cx: &mut Cx<'_>,
        input: &dyn Input,
        received: &Parcel,
    ) -> Result<Box<dyn Output>, Error> {
        let received = received.downcast_ref::<R>().ok_or_else(mismatch)?;
        Ok(Box::new((self.commit)(cx, typed::<O::Input>(input)?, received)?))
    }
}

fn take<T: 'static>(input: Box<dyn Input>) -> Result<T, Error> {
    input.into_any().downcast::<T>().map(|typed| *typed).map_err(|_| mismatch())
}

fn typed<T: 'static>(input: &dyn Input) -> Result<&T, Error> {
    input.as_any().downcast_ref::<T>().ok_or_else(mismatch)
}

/// INVARIANT: an entry's input is made by its own `new_input`, so the types agree.
fn mismatch() -> Error {
    Error::internal("an entry was called with another operation's input")
}
