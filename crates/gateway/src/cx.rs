//! What a handler sees of the world: one transaction, one caller, one moment, and the doors to the
//! rest of the house.

use std::any::Any;
use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use api::{Operation, Structure, Timestamp};
use store::{Blobs, Keyring, Secret, Tx};

use crate::authenticate::Who;
use crate::directory::{Account, Principal};
use crate::event::Event;
use crate::gateway::Core;
use crate::id::{self, Alphabet};
use crate::object_url::ObjectUrl;
use crate::queue;
use crate::request::{AuthFacts, RequestFacts};
use crate::rows::Row;
use crate::service::Service;
use crate::stream::Outgoing;
use crate::{AccountId, Caller, Directory, Error, Limits, Resource, authorize, token};

/// The context of one operation inside one transaction.
pub struct Cx<'a> {
    /// The store's transaction: reads, writes, `on_commit`.
    pub tx: &'a mut Tx,
    pub(crate) core: &'a Core,
    pub(crate) service: &'a Service,
    pub(crate) operation: &'static str,
    pub(crate) who: &'a Who,
    pub(crate) request: &'a RequestFacts,
    pub(crate) answer: Answer,
    /// The events of operations that this one called.
    pub(crate) events: Vec<Event>,
    /// The store failed under an operation that this one called: what was read is not to be
    /// trusted, so nothing that follows from it is committed, whatever the handler makes of it.
    pub(crate) fault: Option<Error>,
    /// What this exchange was begun with was replaced once already.
    pub(crate) anew: bool,
    left: Cell<Option<Box<dyn Any>>>,
}

/// What a handler adds to the HTTP answer beside its output.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub status: Option<u16>,
    pub headers: Vec<(&'static str, String)>,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(
        tx: &'a mut Tx,
        core: &'a Core,
        service: &'a Service,
        operation: &'static str,
        who: &'a Who,
        request: &'a RequestFacts,
    ) -> Self {
        let (answer, events) = (Answer::default(), Vec::new());
        Self {
            tx,
            core,
            service,
            operation,
            who,
            request,
            answer,
            events,
            fault: None,
            anew: false,
            left: Cell::default(),
        }
    }
}

impl Cx<'_> {
    /// AWS time: what expiry, ages and dates are reckoned by.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.request.now
    }

    /// Leaves what a resolver has read to the handler of the same operation, which would read it
    /// again: nothing is written between the two.
    pub fn leave<T: 'static>(&self, read: T) {
        self.left.set(Some(Box::new(read)));
    }

    /// What a resolver left, once; None where it left nothing of that type.
    #[must_use]
    pub fn left<T: 'static>(&self) -> Option<T> {
        self.left.take()?.downcast::<T>().ok().map(|read| *read)
    }

    /// Whether a copy begins for the second time, because its source was replaced under it: it is
    /// to depend on nothing that others may take away.
    #[must_use]
    pub const fn begins_anew(&self) -> bool {
        self.anew
    }

    #[must_use]
    pub const fn caller(&self) -> &Caller {
        &self.who.caller
    }

    /// The user or role that calls; None for root, services and anonymous callers.
    #[must_use]
    pub fn principal(&self) -> Option<&Arc<Principal>> {
        self.who.principal.as_ref()
    }

    /// The ARN that GetCallerIdentity shows and denials begin with.
    #[must_use]
    pub fn caller_arn(&self) -> String {
        self.who.arn()
    }

    /// The caller's account.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.who.caller.account
    }

    /// What the directory knows of the caller's account; None for anonymous callers.
    #[must_use]
    pub fn account_facts(&self) -> Option<&Arc<Account>> {
        self.who.account.as_ref()
    }

    /// What the directory knows of an account; None where it is not there, or closed. The caller's own
    /// was read when the caller was verified.
    ///
    /// # Errors
    /// Only what the store says.
    pub fn account_facts_of(&self, id: AccountId) -> Result<Option<Arc<Account>>, Error> {
        match self.account_facts().filter(|own| own.id == id) {
            Some(own) => Ok(Some(Arc::clone(own))),
            None => self.core.directory.account(self.tx, id),
        }
    }

    /// How the request proved who sent it.
    #[must_use]
    pub const fn auth(&self) -> &AuthFacts {
        &self.who.auth
    }

    /// The region that the request was sent to: `us-east-1`.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.request.region
    }

    /// The account that the server was started with.
    #[must_use]
    pub const fn default_account(&self) -> AccountId {
        self.core.config.account
    }

    #[must_use]
    pub fn request(&self) -> &RequestFacts {
        self.request
    }

    #[must_use]
    pub fn directory(&self) -> &dyn Directory {
        self.core.directory.as_ref()
    }

    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.core.config.limits
    }

    #[must_use]
    pub fn keyring(&self) -> &Arc<Keyring> {
        &self.core.keyring
    }

    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.core.blobs
    }

    /// A unique id with its prefix (`AIDA`, `AROA`, `AKIA`, ..), of the caller's account.
    #[must_use]
    pub fn unique_id(&self, prefix: &str) -> String {
        self.unique_id_in(prefix, self.account())
    }

    /// A unique id of another account: what an administrator's operation makes there.
    #[must_use]
    pub fn unique_id_in(&self, prefix: &str, account: AccountId) -> String {
        id::unique_id(self.core.ids.as_ref(), prefix, account)
    }

    #[must_use]
    pub fn uuid(&self) -> String {
        id::uuid(self.core.ids.as_ref())
    }

    /// `length` letters for a visible name or id.
    #[must_use]
    pub fn letters(&self, alphabet: Alphabet, length: usize) -> String {
        id::text(self.core.ids.as_ref(), alphabet, length)
    }

    /// A new secret access key, always from the operating system's randomness.
    #[must_use]
    pub fn secret_access_key(&self) -> Secret {
        id::secret_access_key()
    }

    /// Asks the row named `row` of this operation about `resource`.
    ///
    /// # Errors
    /// AWS's denial sentence. A row that does not stand in the data is a denial too.
    pub fn allow(
        &mut self,
        row: &str,
        input: &dyn Structure,
        resource: &Resource,
    ) -> Result<(), Error> {
        let found = self.service.rows(self.operation).iter().find(|known| known.id() == row);
        match found {
            Some(found) => authorize::ask(self, found, input, Cow::Borrowed(resource)),
            None => Err(authorize::unmapped(self)),
        }
    }

    /// As [`Cx::allow`], where the handler only wants to know.
    pub fn allows(&mut self, row: &str, input: &dyn Structure, resource: &Resource) -> bool {
        let allowed = self.allow(row, input, resource).is_ok();
        self.who.trail.soften();
        allowed
    }

    /// The rows of this operation.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        self.service.rows(self.operation)
    }

    /// Calls another operation in this transaction as `caller`: authorized, handled and recorded
    /// like any client's. What it wrote is gone where it failed.
    ///
    /// # Errors
    /// What the operation answers.
    pub fn call<O: Operation>(
        &mut self,
        caller: &Caller,
        input: O::Input,
    ) -> Result<O::Output, Error> {
        crate::call::call::<O>(self, caller, input)
    }

    /// As [`Cx::call`], for an operation whose answer streams an object's bytes.
    ///
    /// # Errors
    /// What the operation answers.
    pub fn download<O: Operation>(
        &mut self,
        caller: &Caller,
        input: O::Input,
    ) -> Result<(O::Output, Outgoing), Error> {
        crate::call::download::<O>(self, caller, input)
    }

    /// The object of this server that a URL of S3 speaks of, in any form that a host of it has;
    /// None for any other URL.
    #[must_use]
    pub fn object_url(&self, url: &str) -> Option<ObjectUrl> {
        ObjectUrl::parse(url, &self.core.config.base_domains)
    }

    /// Credentials of a session: sealed, stored nowhere.
    ///
    /// # Errors
    /// Where the account is gone or the key cannot seal.
    pub fn seal_session(
        &mut self,
        account: AccountId,
        session: Caller,
        minimum: usize,
    ) -> Result<token::Credentials, Error> {
        let facts = self.account_facts_of(account)?;
        let facts =
            facts.ok_or_else(|| Error::internal("a session for an account that is gone"))?;
        let access_key_id = self.unique_id_in("ASIA", account);
        Ok(token::seal(&self.core.keyring, &facts.realm, access_key_id, session, minimum)?)
    }

    /// Puts background work of the kind `job` of this service into the queue, due at the AWS time
    /// `due`.
    ///
    /// # Errors
    /// Only what the store says.
    pub fn enqueue(&mut self, job: &str, due: Timestamp, payload: Vec<u8>) -> Result<(), Error> {
        let name = format!("{}:{job}", self.service.name());
        queue::put(self.tx, self.core, name, &self.request.region, due, payload)
    }

    /// Overrides the HTTP status of success (206 for a range, 304 for a condition).
    pub const fn set_status(&mut self, status: u16) {
        self.answer.status = Some(status);
    }

    /// Adds a header to the answer, in the place of one of that name.
    pub fn add_header(&mut self, name: &'static str, value: impl Into<String>) {
        self.answer.headers.retain(|(known, _)| *known != name);
        self.answer.headers.push((name, value.into()));
    }
}
