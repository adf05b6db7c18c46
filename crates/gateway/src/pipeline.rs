//! One request, on one screen: route, authenticate, parse, authorize, handle, record.
//!
//! Authentication, authorization and the handler run in one store transaction, so that identity,
//! permission and action are read from one snapshot: there is no gap between check and use. A
//! streamed upload has two: one to authorize and plan, one to commit what was received.

mod document;
mod routing;

use std::borrow::Cow;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use api::{OperationShape, Protocol};
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use sigv4::Style;
use store::Tx;
use tokio::sync::OwnedSemaphorePermit;

use crate::authenticate::{self, Signed, Verified, Who};
use crate::cx::Answer;
use crate::decisions::Record;
use crate::event::Event;
use crate::gateway::{Core, Gateway};
use crate::id::{self, Alphabet};
use crate::request::{Peer, RequestFacts};
use crate::route::{self, Target};
use crate::service::{Entry, Handler, Input, Output, Parcel, Service, Upload};
use crate::stream::{self, Body, Outgoing, RequestBody};
use crate::{Cx, Error, KeyUse, answer, auth_error, authorize, cross_origin, hoist, panic, post};

impl Gateway {
    /// Answers one request. Never fails: what goes wrong is an answer.
    pub async fn serve(&self, request: Request<RequestBody>, peer: Peer) -> Response<Body> {
        let core = &self.0;
        let (parts, body) = request.into_parts();
        let target = route::target(&parts, &core.config.base_domains);
        let facts = facts(core, parts, peer, target.as_ref().ok());
        let Ok(target) = target else {
            return answer::failure(core.s3.shape, &facts, &Error::invalid_uri());
        };
        let mut exchange = Exchange { core, facts, target, form: None };
        let answered = panic::caught(pin!(exchange.run(body))).await;
        let service = exchange.named_service();
        let response = answered.unwrap_or_else(|error| exchange.refuse(service, &error));
        cross_origin::shared(&core.store, service, &exchange.facts, &exchange.target, response)
    }
}

/// A request on its way through the house.
struct Exchange<'a> {
    core: &'a Arc<Core>,
    facts: RequestFacts,
    target: Target,
    /// Of a POST object.
    form: Option<post::Form>,
}

/// A routed request: all that is known before anybody is believed.
struct Routed<'a> {
    service: &'a Service,
    shape: &'static OperationShape,
    /// None where the operation is known but not served.
    entry: Option<&'a Entry>,
    document: Document,
}

/// The request's document, read but not yet trusted.
struct Document {
    bytes: Bytes,
    form: Option<wire::Form>,
    sha256: [u8; 32],
    /// The room that it takes.
    _held: Option<OwnedSemaphorePermit>,
}

/// What the transaction hands to the answer.
struct Done {
    output: Box<dyn Output>,
    body: Option<Outgoing>,
    answer: Answer,
}

impl<'a> Exchange<'a> {
    async fn run(&mut self, mut body: RequestBody) -> Response<Body> {
        if let Some(found) = crate::intake::find(self.core, &self.facts, &self.target) {
            return self.take_in(found, body).await;
        }
        let service = match self.service(&mut body).await {
            Ok(service) => service,
            Err(error) => return self.refuse(&self.core.s3, &error),
        };
        let store = &self.core.store;
        match cross_origin::preflight(store, service, &self.facts, &self.target) {
            Some(Ok(response)) => return response,
            Some(Err(error)) => return self.refuse(service, &error),
            None => {}
        }
        if service.name() == self.core.s3.name() {
            hoist::hoist(&mut self.facts);
        }
        if service.name() == self.core.s3.name() && post::is_form(&self.facts, &self.target) {
            let idle = self.idle();
            let time = self.document_time();
            let opened = post::open(&mut self.facts, &mut self.target, body, idle);
            match stream::within(time, opened).await {
                Some(Ok((form, file))) => (self.form, body) = (Some(form), file),
                Some(Err(error)) => return self.refuse(service, &error),
                None => return self.refuse(service, &auth_error::request_timeout()),
            }
        }
        let routed = match self.route(service, &mut body).await {
            Ok(routed) => routed,
            Err(error) => return self.refuse(service, &error),
        };
        let mut verified = None;
        let outcome = self.outcome(&routed, body, &mut verified);
        let result = panic::caught(pin!(outcome)).await.flatten();
        self.record(&routed, verified.as_ref(), result.as_ref());
        self.keep(&routed, verified, result.as_ref().err());
        match result {
            Ok(done) => {
                tracing::debug!(request_id = self.facts.id, operation = routed.shape.name, "ok");
                let protocol = service.shape.protocol;
                let output = done.output.as_structure();
                let (body, answer) = (done.body, done.answer);
                let response =
                    answer::success(routed.shape, protocol, &self.facts, output, body, answer);
                match &self.form {
                    Some(form) => post::answer(response, form, &self.facts, &self.target),
                    None => response,
                }
            }
            Err(error) => self.refuse(service, &error),
        }
    }

    /// Takes what is put under a service's own URL.
    async fn take_in(
        &self,
        found: crate::intake::Found<'_>,
        mut body: RequestBody,
    ) -> Response<Body> {
        let taken = async {
            let document = self.collect(&mut body, &self.core.s3, "").await?;
            crate::intake::receive(self.core, &self.facts, &found, &document.bytes).await
        };
        match panic::caught(taken).await.flatten() {
            Ok(()) => crate::intake::taken(),
            Err(error) => self.refuse(&self.core.s3, &error),
        }
    }

    async fn outcome(
        &self,
        routed: &Routed<'_>,
        body: RequestBody,
        verified: &mut Option<Verified>,
    ) -> Result<Done, Error> {
        match routed.entry.map(|entry| &entry.handler) {
            Some(Handler::Upload(upload)) => {
                self.upload(routed, upload.as_ref(), body, verified).await
            }
            _ => self.handle(routed, verified).await,
        }
    }

    /// All in one transaction.
    async fn handle(
        &self,
        routed: &Routed<'_>,
        verified: &mut Option<Verified>,
    ) -> Result<Done, Error> {
        let handled = self.core.store.transact(|tx| {
            let verified = verified.insert(self.authenticate(tx, routed)?);
            let document = self.document(verified, routed)?;
            let input = self
                .parse(routed, &document)
                .map_err(|error| self.sooner(tx, routed, &verified.who, error))?;
            self.in_cx(tx, routed, &verified.who, input, |cx, entry, input| match &entry.handler {
                Handler::Plain(handler) => Ok((handler(cx, input)?, None)),
                Handler::Download(handler) => {
                    handler(cx, input).map(|(output, body)| (output, Some(body)))
                }
                Handler::Upload(_) => Err(Error::internal("an upload was handled as a call")),
            })
        });
        handled.await
    }

    /// A transaction, the stream, a transaction. A copy whose source was replaced meanwhile begins
    /// anew, once: it brings no bytes of its own that would have to be sent again.
    async fn upload(
        &self,
        routed: &Routed<'_>,
        upload: &dyn Upload,
        body: RequestBody,
        verified: &mut Option<Verified>,
    ) -> Result<Done, Error> {
        match self.upload_once(routed, upload, (body, false), verified).await {
            Err(error) if error.is_superseded() => {
                let empty: RequestBody =
                    Box::pin(Full::new(Bytes::new()).map_err(|never| match never {}));
                self.upload_once(routed, upload, (empty, true), verified).await
            }
            done => done,
        }
    }

    async fn upload_once(
        &self,
        routed: &Routed<'_>,
        upload: &dyn Upload,
        (body, anew): (RequestBody, bool),
        verified: &mut Option<Verified>,
    ) -> Result<Done, Error> {
        let store = &self.core.store;
        let begun = store.transact(|tx| {
            let verified = verified.insert(self.authenticate(tx, routed)?);
            let input = self.parse(routed, &[])?;
            let mut cx = self.cx(tx, routed, &verified.who);
            cx.anew = anew;
            authorize::gate(&mut cx, input.as_structure())?;
            let plan = upload.begin(&mut cx, input.as_ref())?;
            Ok::<_, Error>((input, plan))
        });
        let (input, plan) = begun.await?;
        let verified = verified.as_ref().ok_or_else(|| Error::internal("begun unverified"))?;
        let incoming = self.incoming(body, verified)?;
        let received: Parcel = upload.receive(plan, incoming, self.core.blobs.clone()).await?;
        let committed = store.transact(|tx| {
            let mut cx = self.cx(tx, routed, &verified.who);
            let output = upload.commit(&mut cx, input.as_ref(), &received)?;
            Ok(Done { output, body: None, answer: std::mem::take(&mut cx.answer) })
        });
        committed.await
    }

    fn authenticate(&self, tx: &Tx, routed: &Routed<'_>) -> Result<Verified, Error> {
        let rest = routed.service.shape.protocol == Protocol::RestXml;
        let signed = Signed {
            facts: &self.facts,
            service: routed.service.signing_name,
            style: if rest { Style::S3 } else { Style::Query },
            body_sha256: &routed.document.sha256,
            virtual_host: self.target.virtual_host(),
        };
        let verified = match &self.form {
            Some(form) => post::verify(self.core, tx, &self.facts, form)?,
            None => authenticate::verify(self.core, tx, &signed)?,
        };
        if verified.who.caller.is_anonymous() && !rest && !routed.shape.unsigned {
            return Err(auth_error::missing_token());
        }
        self.core.directory.note_use(KeyUse {
            caller: &verified.who.caller,
            service: routed.service.name(),
            operation: routed.shape.name,
            region: &self.facts.region,
            now: self.facts.now,
        });
        Ok(verified)
    }

    fn in_cx(
        &self,
        tx: &mut Tx,
        routed: &Routed<'_>,
        who: &Who,
        input: Box<dyn Input>,
        handle: impl FnOnce(
            &mut Cx<'_>,
            &Entry,
            Box<dyn Input>,
        ) -> Result<(Box<dyn Output>, Option<Outgoing>), Error>,
    ) -> Result<Done, Error> {
        let entry = routed.entry.ok_or_else(|| Error::not_implemented(routed.shape))?;
        let mut cx = self.cx(tx, routed, who);
        authorize::gate(&mut cx, input.as_structure())?;
        let handled = handle(&mut cx, entry, input);
        let handled = cx.fault.take().map_or(handled, Err);
        let answer = std::mem::take(&mut cx.answer);
        let events = std::mem::take(&mut cx.events);
        crate::event::record_calls(self.core, cx.tx, events, handled.is_ok());
        let (output, body) = handled?;
        Ok(Done { output, body, answer })
    }

    fn cx<'c>(&'c self, tx: &'c mut Tx, routed: &Routed<'c>, who: &'c Who) -> Cx<'c> {
        Cx::new(tx, self.core, routed.service, routed.shape.name, who, &self.facts)
    }

    fn record(
        &self,
        routed: &Routed<'_>,
        verified: Option<&Verified>,
        done: Result<&Done, &Error>,
    ) {
        if self.core.recorder.is_none() {
            return;
        }
        let anonymous = Who::anonymous(self.core, self.facts.now);
        let document = verified.and_then(|verified| self.document(verified, routed).ok());
        let document = document.unwrap_or(Cow::Borrowed(&routed.document.bytes));
        let input = self.parse(routed, &document).ok();
        let input = input.as_ref().map(|input| input.as_structure());
        let who = verified.map_or(&anonymous, |verified| &verified.who);
        let outcome = done.map(|done| done.output.as_structure());
        Event::new(self.core, who, &self.facts, routed.shape, input, outcome).record(self.core);
    }

    /// Keeps what was decided, for who asks why.
    fn keep(&self, routed: &Routed<'_>, verified: Option<Verified>, error: Option<&Error>) {
        let Some(verified) = verified else { return };
        let operation = (routed.service.shape, routed.shape.name);
        let record = Record::new(verified.who, &self.facts, operation, error);
        self.core.decisions.keep(record);
    }

    fn refuse(&self, service: &Service, error: &Error) -> Response<Body> {
        let id = &self.facts.id;
        match error.cause() {
            Some(cause) => tracing::error!(request_id = id, cause, "failed"),
            None => tracing::debug!(request_id = id, code = error.code(), "refused"),
        }
        answer::failure(service.shape, &self.facts, error)
    }

    fn document_time(&self) -> Duration {
        Duration::from_secs(self.core.config.limits.document_seconds)
    }

    fn idle(&self) -> Duration {
        Duration::from_secs(self.core.config.limits.body_idle_seconds)
    }
}

fn facts(core: &Core, parts: Parts, peer: Peer, target: Option<&Target>) -> RequestFacts {
    let wall = core.clock.wall();
    let named = target.and_then(|target| target.service.as_deref()).unwrap_or_default();
    let ids = core.ids.as_ref();
    let region = target.and_then(|target| target.region.clone());
    RequestFacts {
        id: match core.named.get(named).map(|service| service.shape.protocol) {
            Some(Protocol::Query | Protocol::Json(_)) => id::uuid(ids),
            Some(Protocol::RestXml) | None => id::text(ids, Alphabet::Upper, 16),
        },
        wall,
        now: core.now(wall),
        region: region.unwrap_or_else(|| core.config.region.clone()),
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        hoisted: Vec::new(),
        // An IPv4 client of a socket for both: conditions name it by its IPv4 address.
        source_ip: Some(peer.ip.to_canonical()),
        secure: peer.tls.is_some(),
        tls: peer.tls,
    }
}
