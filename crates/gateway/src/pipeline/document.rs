//! The bytes of a request: a document read whole, checked against what was signed of it, and parsed;
//! or the body of an upload, with what its signature demands of it.

use std::borrow::Cow;

use api::Protocol;
use sigv4::{ChunkDecoder, PayloadHash};
use store::Tx;

use super::{Exchange, Routed};
use crate::authenticate::{Verified, Who};
use crate::document::{Bounds, Received};
use crate::service::{Input, Service};
use crate::stream::{Check, Incoming, RequestBody};
use crate::{Error, auth_error, authorize, invalid};

impl Exchange<'_> {
    /// Reads a document whole: what it may take, its operation and the house say.
    pub(super) async fn collect(
        &self,
        body: &mut RequestBody,
        service: &Service,
        operation: &str,
    ) -> Result<Received, Error> {
        let bounds = Bounds {
            room: &self.core.room,
            size: service.document_size_max(operation),
            idle: self.idle(),
            time: self.document_time(),
            protocol: service.shape.protocol,
        };
        let declared = self.facts.header("content-length").and_then(|text| text.parse().ok());
        bounds.read(body, declared).await
    }

    /// The document as it was signed: of the hash that the signature covers, or decoded from its
    /// signed chunks.
    pub(super) fn document<'d>(
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

    pub(super) fn parse(
        &self,
        routed: &Routed<'_>,
        document: &[u8],
    ) -> Result<Box<dyn Input>, Error> {
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
    pub(super) fn sooner(
        &self,
        tx: &mut Tx,
        routed: &Routed<'_>,
        who: &Who,
        error: Error,
    ) -> Error {
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

    /// The body of an upload with what its signature demands of it.
    pub(super) fn incoming(
        &self,
        body: RequestBody,
        verified: &Verified,
    ) -> Result<Incoming, Error> {
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
}
