//! Documents put under a URL that a service gave out: whoever has the URL may put, with no
//! credentials of his own. CloudFormation's wait conditions are signalled so.
//!
//! Such a URL looks like a presigned one of S3, of a bucket that there is not. Its service finds
//! its own seal in it, or refuses; it is no operation, asks for nobody's permission and does
//! nothing on anybody's behalf, as a step of background work. Answers are S3's.

use http::{Method, Response};

use crate::authenticate::Who;
use crate::gateway::Core;
use crate::request::RequestFacts;
use crate::route::Target;
use crate::service::Service;
use crate::stream::Body;
use crate::{Caller, Cx, Error, Identity};

/// Takes a document, in a transaction of its own: what the URL names in its bucket, and the bytes.
/// The URL's seal stands in the request's query.
pub type Intake = fn(&mut Cx<'_>, &str, &[u8]) -> Result<(), Error>;

/// Who takes what is put there, and what the URL names.
pub struct Found<'a> {
    service: &'a Service,
    intake: Intake,
    region: String,
    place: String,
}

/// None for all other requests.
pub fn find<'a>(core: &'a Core, facts: &RequestFacts, target: &Target) -> Option<Found<'a>> {
    let bucket = target.bucket.as_deref().filter(|_| facts.method == Method::PUT)?;
    core.named.values().find_map(|service| {
        let (prefix, intake) = service.intake?;
        let region = bucket.strip_prefix(prefix)?;
        let place = target.key.clone()?;
        Some(Found { service, intake, region: region.to_owned(), place })
    })
}

/// Lets the service take the document.
pub async fn receive(
    core: &Core,
    facts: &RequestFacts,
    found: &Found<'_>,
    document: &[u8],
) -> Result<(), Error> {
    let Found { service, intake, region, place } = found;
    let facts = RequestFacts { region: region.clone(), ..facts.clone() };
    let caller = Caller {
        identity: Identity::Service(format!("{}.amazonaws.com", service.name())),
        ..Caller::anonymous(core.config.account)
    };
    let who = Who::of_service(caller, facts.now);
    let taken = core.store.transact(|tx| {
        let mut cx = Cx::new(tx, core, service, "", &who, &facts);
        let done = intake(&mut cx, place, document);
        cx.fault.take().map_or(done, Err)
    });
    taken.await
}

/// That it was taken.
pub fn taken() -> Response<Body> {
    Response::new(Body::empty())
}
