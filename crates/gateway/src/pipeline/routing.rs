//! Which service and operation a request is for: all that is known before anybody is believed.

use api::{Json, Protocol};
use http::Method;
use http_body_util::{BodyExt as _, Full};

use super::{Document, Exchange, Routed};
use crate::document::Received;
use crate::service::Service;
use crate::stream::RequestBody;
use crate::{Error, id, invalid};

impl<'a> Exchange<'a> {
    /// The service of the scope or host, else the one whose version and action a form names (an
    /// unsigned call comes with nothing else); S3 takes what nobody else does.
    pub(super) async fn service(&mut self, body: &mut RequestBody) -> Result<&'a Service, Error> {
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
        let bytes = self.collect(body, &core.s3, "").await?.bytes;
        let service = wire::Form::parse(&bytes)
            .ok()
            .and_then(|form| core.service_of(form.value("Version")?, form.value("Action")?));
        *body = Box::pin(Full::new(bytes).map_err(|never| match never {}));
        if service.is_some() {
            self.facts.id = id::uuid(core.ids.as_ref());
        }
        Ok(service.unwrap_or(&core.s3))
    }

    pub(super) fn named_service(&self) -> &'a Service {
        let named = self.target.service.as_deref();
        named.and_then(|named| self.core.service(named)).unwrap_or(&self.core.s3)
    }

    pub(super) async fn route(
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
        let Received { bytes, held } = self.collect(body, service, "").await?;
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
        let document = Document { form: Some(form), bytes, sha256, _held: held };
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
        let Received { bytes, held } = self.collect(body, service, shape.name).await?;
        let sha256 = sigv4::sha256(&bytes);
        let document = Document { bytes, form: None, sha256, _held: held };
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
        let Received { bytes, held } = if shape.streaming_input {
            Received::empty()
        } else {
            self.collect(body, service, shape.name).await?
        };
        let sha256 = sigv4::sha256(&bytes);
        let document = Document { bytes, form: None, sha256, _held: held };
        Ok(Routed { service, shape, entry, document })
    }
}
