//! The one error a handler returns, and what the client sees of it.
//!
//! An error is what AWS would say: a code, an HTTP status, a sentence and (for S3) further
//! elements. Causes inside the house (a disk that failed, a record that does not decode) are logged
//! and shown as AWS's own internal error; their text never reaches a client.

use api::ErrorShape;

/// What AWS says when it says no.
#[derive(Clone)]
pub struct Error(Box<Answer>);

#[derive(Clone)]
struct Answer {
    shape: ErrorShape,
    message: String,
    fields: Vec<(&'static str, String)>,
    headers: Vec<(&'static str, String)>,
    cause: Option<String>,
    superseded: bool,
}

/// Codes that no model names but every service answers (AWS: Common Errors).
pub mod common {
    use api::ErrorShape;

    pub const ACCESS_DENIED: ErrorShape = ErrorShape { code: "AccessDenied", status: 403 };
    pub const INVALID_ACTION: ErrorShape = ErrorShape { code: "InvalidAction", status: 400 };
    pub const INVALID_CLIENT_TOKEN_ID: ErrorShape =
        ErrorShape { code: "InvalidClientTokenId", status: 403 };
    pub const MISSING_ACTION: ErrorShape = ErrorShape { code: "MissingAction", status: 400 };
    pub const MISSING_AUTHENTICATION_TOKEN: ErrorShape =
        ErrorShape { code: "MissingAuthenticationToken", status: 403 };
    pub const NOT_IMPLEMENTED: ErrorShape = ErrorShape { code: "NotImplemented", status: 501 };
    pub const OPERATION_ABORTED: ErrorShape = ErrorShape { code: "OperationAborted", status: 409 };
    pub const REQUEST_ENTITY_TOO_LARGE: ErrorShape =
        ErrorShape { code: "RequestEntityTooLarge", status: 413 };
    pub const SERVICE_UNAVAILABLE: ErrorShape =
        ErrorShape { code: "ServiceUnavailable", status: 503 };
    pub const INTERNAL_FAILURE: ErrorShape = ErrorShape { code: "InternalFailure", status: 500 };
    pub const UNKNOWN_OPERATION: ErrorShape =
        ErrorShape { code: "UnknownOperationException", status: 400 };
    pub const VALIDATION_ERROR: ErrorShape = ErrorShape { code: "ValidationError", status: 400 };
}

impl Error {
    #[must_use]
    pub fn new(shape: ErrorShape, message: impl Into<String>) -> Self {
        Self(Box::new(Answer {
            shape,
            message: message.into(),
            fields: Vec::new(),
            headers: Vec::new(),
            cause: None,
            superseded: false,
        }))
    }

    /// What a copy was begun with was replaced before it could be shared: the pipeline begins it
    /// anew, once ([`crate::Cx::begins_anew`]), so that no client ever sees this.
    #[must_use]
    pub fn superseded() -> Self {
        let mut error = Self::new(common::OPERATION_ABORTED, "The source was replaced.");
        error.0.superseded = true;
        error
    }

    pub(crate) const fn is_superseded(&self) -> bool {
        self.0.superseded
    }

    /// Adds an element beside code and message (S3: `BucketName`, `Key`, ..).
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.fields.push((name, value.into()));
        self
    }

    /// Adds a response header (S3: `x-amz-delete-marker`).
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.headers.push((name, value.into()));
        self
    }

    /// AWS's sentence for a request that breaks a rule of the model or the service.
    #[must_use]
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(common::VALIDATION_ERROR, message)
    }

    #[must_use]
    pub fn access_denied(message: impl Into<String>) -> Self {
        Self::new(common::ACCESS_DENIED, message)
    }

    /// A fault of ours: `cause` goes to the log, the client sees AWS's internal error.
    #[must_use]
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        let mut error = Self::new(
            common::INTERNAL_FAILURE,
            "We encountered an internal error. Please try again.",
        );
        error.0.cause = Some(cause.to_string());
        error
    }

    /// The disk is full or failing: the client may come again.
    #[must_use]
    pub fn unavailable(cause: impl std::fmt::Display) -> Self {
        let mut error =
            Self::new(common::SERVICE_UNAVAILABLE, "Service is unable to handle request.");
        error.0.cause = Some(cause.to_string());
        error
    }

    /// The operation is in the model and not served.
    #[must_use]
    pub fn not_implemented(operation: &api::OperationShape) -> Self {
        let message = format!("{} is not implemented by this server.", operation.name);
        Self::new(common::NOT_IMPLEMENTED, message)
    }

    #[must_use]
    pub(crate) fn missing_action() -> Self {
        Self::new(common::MISSING_ACTION, "The request must contain the parameter Action")
    }

    #[must_use]
    pub(crate) fn invalid_action(action: &str, version: &str) -> Self {
        let message = format!("Could not find operation {action} for version {version}");
        Self::new(common::INVALID_ACTION, message)
    }

    /// JSON: the target names no operation that is known.
    #[must_use]
    pub(crate) fn unknown_operation() -> Self {
        Self::new(common::UNKNOWN_OPERATION, "")
    }

    /// A document of more bytes than its operation takes. S3 has words of its own for it.
    #[must_use]
    pub(crate) fn too_large(protocol: api::Protocol, limit: usize) -> Self {
        if protocol != api::Protocol::RestXml {
            return Self::new(common::REQUEST_ENTITY_TOO_LARGE, "Request Entity Too Large");
        }
        let shape = ErrorShape { code: "MaxMessageLengthExceeded", status: 400 };
        Self::new(shape, "Your request was too big.")
            .with("MaxMessageLengthBytes", limit.to_string())
    }

    /// S3: a path that does not decode.
    #[must_use]
    pub(crate) fn invalid_uri() -> Self {
        let shape = ErrorShape { code: "InvalidURI", status: 400 };
        Self::new(shape, "Couldn't parse the specified URI.")
    }

    /// S3: no operation has this method here.
    #[must_use]
    pub(crate) fn method_not_allowed(method: &http::Method) -> Self {
        let shape = ErrorShape { code: "MethodNotAllowed", status: 405 };
        Self::new(shape, "The specified method is not allowed against this resource.")
            .with("Method", method.as_str())
            .with("ResourceType", "SERVICE")
    }

    /// S3: aws-chunked without the length it decodes to.
    #[must_use]
    pub(crate) fn missing_content_length() -> Self {
        let shape = ErrorShape { code: "MissingContentLength", status: 411 };
        Self::new(shape, "You must provide the Content-Length HTTP header.")
    }

    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.shape.code
    }

    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.shape.status
    }

    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    #[must_use]
    pub fn fields(&self) -> &[(&'static str, String)] {
        &self.0.fields
    }

    #[must_use]
    pub fn headers(&self) -> &[(&'static str, String)] {
        &self.0.headers
    }

    /// What the log says and the client does not.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// True where the answer has the shape's code.
    #[must_use]
    pub fn is(&self, shape: ErrorShape) -> bool {
        self.0.shape.code == shape.code
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::unavailable(error)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.0.shape.code, self.0.message)
    }
}

impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}
