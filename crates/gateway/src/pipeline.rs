//! One request, on one screen: route, authenticate, parse, authorize, handle, record.
//!
//! Authentication, authorization and the handler run in one store transaction, so that identity,
//! permission and action are read from one snapshot: there is no gap between check and use. A
//! streamed upload has two: one to authorize and plan, one to commit what was received.

use std::borrow::Cow;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use api::{Json, OperationShape, Protocol};
use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use sigv4::{ChunkDecoder, PayloadHash, Style};
use store::Tx;

use crate::authenticate::{self, Signed, Verified, Who};
use crate::cx::Answer;
use crate::decisions::Record;
use crate::event::Event;
use crate::gateway::{Core, Gateway};
use crate::id::{self, Alphabet};
use crate::request::{Peer, RequestFacts};
use crate::route::{self, Target};
use crate::service::{Entry, Handler, Input, Output, Parcel, Service, Upload};
use crate::stream::{self, Body, Check, Incoming, Outgoing, RequestBody};
use crate::{
    Cx, Error, KeyUse, answer, auth_error, authorize, cross_origin, hoist, invalid, panic, post,
};

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
            match post::open(&mut self.facts, &mut self.target, body, idle).await {
                Ok((form, file)) => (self.form, body) = (Some(form), file),
                Err(error) => return self.refuse(service, &error),
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
            crate::intake::receive(self.core, &self.facts, &found, &document).await
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

    fn named_service(&self) -> &'a Service {
        let named = self.target.service.as_deref();
        named.and_then(|named| self.core.service(named)).unwrap_or(&self.core.s3)
    }

    /// The service of the scope or host, else the one whose version and action a form names (an
    /// unsigned call comes with nothing else); S3 takes what nobody else does.
    async fn service(&mut self, body: &mut RequestBody) -> Result<&'a Service, Error> {
        let core = self.core;
        if self.target.service.is_some() {
            return Ok(self.named_service());
        }
        if let Some((prefix, _)) = self.json_target()
            && let Some(service) = core.service_of_target(prefix)
        {
            self.facts.id = id::uuid(core.ids.as_ref());
            return Ok(service);
        }
        let kind = self.facts.header("content-type").unwrap_or_default();
        let is_form = kind.starts_with("application/x-www-form-urlencoded");
        if self.facts.method != Method::POST || self.facts.path != "/" || !is_form {
            return Ok(&core.s3);
        }
        let bytes = self.collect(body, &core.s3, "").await?;
        let service = wire::Form::parse(&bytes)
            .ok()
            .and_then(|form| core.service_of(form.value("Version")?, form.value("Action")?));
        *body = Box::pin(Full::new(bytes).map_err(|never| match never {}));
        if service.is_some() {
            self.facts.id = id::uuid(core.ids.as_ref());
        }
        Ok(service.unwrap_or(&core.s3))
    }

    async fn route(
        &self,
        service: &'a Service,
        body: &mut RequestBody,
    ) -> Result<Routed<'a>, Error> {
        match service.shape.protocol {
            Protocol::RestXml => self.route_rest(service, body).await,
            Protocol::Query => self.route_query(service, body).await,
            Protocol::Json(json) => self.route_json(service, json, body).await,
        }
    }

    async fn route_query(
        &self,
        service: &'a Service,
        body: &mut RequestBody,
    ) -> Result<Routed<'a>, Error> {
        let bytes = self.collect(body, service, "").await?;
        let text: &[u8] = if bytes.is_empty() { self.facts.query.as_bytes() } else { &bytes };
        let form = wire::Form::parse(text).map_err(|error| invalid::form(&error))?;
        let action = form.value("Action").ok_or_else(Error::missing_action)?;
        let shape = service.operation(action).ok_or_else(|| {
            Error::invalid_action(
                action,
                form.value("Version").unwrap_or(service.shape.api_version),
            )
        })?;
        let sha256 = sigv4::sha256(&bytes);
        let document = Document { form: Some(form), bytes, sha256 };
        Ok(Routed { service, shape, entry: service.served(shape.name), document })
    }

    async fn route_json(
        &self,
        service: &'a Service,
        json: Json,
        body: &mut RequestBody,
    ) -> Result<Routed<'a>, Error> {
        let named = self.json_target().filter(|(prefix, _)| *prefix == json.target_prefix);
        let shape = named
            .filter(|_| self.facts.method == Method::POST)
            .and_then(|(_, operation)| service.operation(operation))
            .ok_or_else(Error::unknown_operation)?;
        let bytes = self.collect(body, service, shape.name).await?;
        let sha256 = sigv4::sha256(&bytes);
        let document = Document { bytes, form: None, sha256 };
        Ok(Routed { service, shape, entry: service.served(shape.name), document })
    }

    /// Prefix and operation of `X-Amz-Target`: `AmazonSSM.GetParameter`.
    fn json_target(&self) -> Option<(&str, &str)> {
        self.facts.header("x-amz-target")?.split_once('.')
    }

    async fn route_rest(
        &self,
        service: &'a Service,
        body: &mut RequestBody,
    ) -> Result<Routed<'a>, Error> {
        let (bucket, key) = (self.target.bucket.as_deref(), self.target.key.as_deref());
        let facts = &self.facts;
        let router = service.router.as_ref();
        let method = if self.form.is_some() { &Method::PUT } else { &facts.method };
        let shape = router
            .and_then(|r| r.route(method, bucket, key, &facts.query, &facts.headers))
            .ok_or_else(|| Error::method_not_allowed(&facts.method))?;
        let entry = service.served(shape.name);
        let bytes = if shape.streaming_input {
            Bytes::new()
        } else {
            self.collect(body, service, shape.name).await?
        };
        let sha256 = sigv4::sha256(&bytes);
        Ok(Routed { service, shape, entry, document: Document { bytes, form: None, sha256 } })
    }

    /// Reads a document whole: never more of it than its operation takes, nor longer than a
    /// document may take, however steadily it drips.
    async fn collect(
        &self,
        body: &mut RequestBody,
        service: &Service,
        operation: &str,
    ) -> Result<Bytes, Error> {
        let limit = service.document_size_max(operation);
        let too_large = || Error::too_large(service.shape.protocol, limit);
        let time_max = Duration::from_secs(self.core.config.limits.document_seconds);
        let read = self.read_document(body, limit, too_large);
        stream::within(time_max, read).await.ok_or_else(auth_error::request_timeout)?
    }

    async fn read_document(
        &self,
        body: &mut RequestBody,
        limit: usize,
        too_large: impl Fn() -> Error,
    ) -> Result<Bytes, Error> {
        let declared = self.facts.header("content-length").and_then(|text| text.parse().ok());
        if declared.is_some_and(|length: usize| length > limit) {
            return Err(too_large());
        }
        // Most come in one piece, which is kept as it is.
        let mut document = Bytes::new();
        while let Some(data) = stream::next_data(body, self.idle()).await? {
            if document.len().saturating_add(data.len()) > limit {
                return Err(too_large());
            }
            document = if document.is_empty() { data } else { joined(document, &data) };
        }
        Ok(document)
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

    /// The document as it was signed: of the hash that the signature covers, or decoded from its
    /// signed chunks.
    fn document<'d>(
        &self,
        verified: &Verified,
        routed: &'d Routed<'_>,
    ) -> Result<Cow<'d, [u8]>, Error> {
        let document = &routed.document;
        match verified.payload {
            // Object bytes are no document; an upload verifies them as they flow.
            _ if routed.shape.streaming_input => Ok(Cow::Borrowed(&[])),
            PayloadHash::Signed(claimed) if claimed != document.sha256 => {
                let (claimed, computed) = (hex::encode(claimed), hex::encode(document.sha256));
                Err(auth_error::content_sha256_mismatch(&claimed, &computed))
            }
            payload if payload.is_streaming() => {
                let (mut decoder, _) = self.chunks(verified)?;
                let pieces = decoder.push(document.bytes.clone());
                let pieces = pieces.map_err(|error| auth_error::chunk(&error))?;
                let trailers = decoder.finish().map_err(|error| auth_error::chunk(&error))?;
                let trailers: Vec<_> = trailers.into_iter().collect();
                let decoded = pieces.concat();
                self.check_integrity(routed, &decoded, &trailers)?;
                Ok(Cow::Owned(decoded))
            }
            _ => {
                self.check_integrity(routed, &document.bytes, &[])?;
                Ok(Cow::Borrowed(&document.bytes))
            }
        }
    }

    fn check_integrity(
        &self,
        routed: &Routed<'_>,
        document: &[u8],
        trailers: &[(String, String)],
    ) -> Result<(), Error> {
        let check = routed.service.integrity;
        check.map_or(Ok(()), |check| check(routed.shape, &self.facts, document, trailers))
    }

    fn parse(&self, routed: &Routed<'_>, document: &[u8]) -> Result<Box<dyn Input>, Error> {
        let entry = routed.entry.ok_or_else(|| Error::not_implemented(routed.shape))?;
        let mut input = (entry.new_input)();
        let into = input.as_structure_mut();
        let read = match (&routed.document.form, routed.service.shape.protocol) {
            (Some(form), _) => wire::query::read(routed.shape, form, into),
            (None, Protocol::Json(_)) => wire::json::read(routed.shape, document, into),
            (None, _) => {
                let request = self.rest_request(document);
                wire::rest::read(routed.shape, &request, into)
            }
        };
        read.map_err(|error| invalid::error(routed.shape, &error))?;
        Ok(input)
    }

    /// What S3 says before it reads a document that is none: that the bucket is not there, or not
    /// the caller's to change. As recorded for PutBucketEncryption.
    fn sooner(&self, tx: &mut Tx, routed: &Routed<'_>, who: &Who, error: Error) -> Error {
        let is_s3 = routed.service.shape.protocol == Protocol::RestXml;
        if !is_s3 || !matches!(error.code(), "MalformedXML" | "MissingRequestBodyError") {
            return error;
        }
        let Some(entry) = routed.entry else { return error };
        let mut input = (entry.new_input)();
        let request = self.rest_request(&[]);
        // What lies in headers and parameters is read all the same.
        let _ = wire::rest::read(routed.shape, &request, input.as_structure_mut());
        let mut cx = self.cx(tx, routed, who);
        authorize::gate(&mut cx, input.as_structure()).err().unwrap_or(error)
    }

    fn rest_request<'r>(&'r self, body: &'r [u8]) -> wire::rest::RestRequest<'r> {
        wire::rest::RestRequest {
            bucket: self.target.bucket.as_deref(),
            key: self.target.key.as_deref(),
            query: &self.facts.query,
            headers: &self.facts.headers,
            body,
        }
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

    /// The body of an upload with what its signature demands of it.
    fn incoming(&self, body: RequestBody, verified: &Verified) -> Result<Incoming, Error> {
        if let Some(form) = &self.form {
            return Ok(Incoming::new(body, Check::None, None, self.idle()).within(form.length));
        }
        let length = self.length("content-length");
        let decoded = self.length("x-amz-decoded-content-length");
        let chunked = self.facts.header("transfer-encoding").is_some();
        if chunked && length.or(decoded).is_none() {
            return Err(Error::missing_content_length());
        }
        let (check, declared) = match verified.payload {
            PayloadHash::Body | PayloadHash::Unsigned => (Check::None, length),
            PayloadHash::Signed(hash) => {
                let expected = hex::encode(hash);
                (Check::Sha256(Box::default(), expected), length)
            }
            _ => {
                let (decoder, decoded) = self.chunks(verified)?;
                (Check::Chunked(Box::new(decoder)), Some(decoded))
            }
        };
        Ok(Incoming::new(body, check, declared, self.idle()))
    }

    /// What decodes a body in chunks, and the length it decodes to.
    fn chunks(&self, verified: &Verified) -> Result<(ChunkDecoder, u64), Error> {
        let decoded = self.length("x-amz-decoded-content-length");
        let decoded = decoded.ok_or_else(Error::missing_content_length)?;
        let (seed, trailer) = (verified.seed.clone(), self.facts.header("x-amz-trailer"));
        let decoder = ChunkDecoder::new(verified.payload, seed, decoded, trailer);
        Ok((decoder.map_err(|error| auth_error::chunk(&error))?, decoded))
    }

    fn length(&self, name: &str) -> Option<u64> {
        self.facts.header(name).and_then(|text| text.parse().ok())
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

    fn idle(&self) -> Duration {
        Duration::from_secs(self.core.config.limits.body_idle_seconds)
    }
}

/// Both pieces as one; the first is grown in place where nobody else holds it.
fn joined(first: Bytes, second: &[u8]) -> Bytes {
    let mut both = BytesMut::from(first);
    both.extend_from_slice(second);
    both.freeze()
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
