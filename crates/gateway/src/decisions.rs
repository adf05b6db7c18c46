//! The decisions made lately: a bounded ring of requests, each with the questions it raised.
//!
//! A request leaves behind the facts it was decided by, packed, and a share of the compiled policies
//! as they were at that moment. What they come to is worked out only when
//! somebody asks ([`crate::explanation`]). Refused requests have a ring of their own, so that many
//! that succeed do not push out the one that somebody wonders about.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use api::{ServiceShape, Timestamp};

use crate::answer;
use crate::authenticate::Who;
use crate::event::Recorder;
use crate::question::Question;
use crate::{AccountId, Error, Identity, RequestFacts, explanation};

/// How many refused requests are kept.
const DENIED_MAX: usize = 768;
/// How many others: few, so that their memory comes round while the processor still has it at hand.
const ALLOWED_MAX: usize = 256;
/// How many bytes each of the two rings keeps, roughly.
const BYTES_MAX: usize = 8 * 1024 * 1024;
/// How many questions of one request are kept, of either answer: DeleteObjects asks thousands.
const QUESTIONS_MAX: usize = 32;

/// What a request leaves behind while it runs. Its parts are few and written by one thread.
#[derive(Default)]
pub struct Trail(Mutex<Steps>);

#[derive(Default)]
struct Steps {
    questions: Vec<Question>,
    /// How many more were asked than are kept.
    elided: usize,
    /// The calls that the operation made of others.
    calls: Vec<Record>,
}

impl Trail {
    pub fn add(&self, question: Question) {
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let alike = steps.questions.iter().filter(|one| one.is_allowed() == question.is_allowed());
        if alike.count() < QUESTIONS_MAX {
            steps.questions.push(question.packed());
        } else {
            steps.elided = steps.elided.saturating_add(1);
        }
    }

    /// The last question was asked by who only wanted to know.
    pub fn soften(&self) {
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = steps.questions.last_mut() {
            last.is_soft = true;
        }
    }

    pub fn add_call(&self, record: Record) {
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if steps.calls.len() < ALLOWED_MAX {
            steps.calls.push(record);
        }
    }

    /// The calls, to be kept by themselves.
    pub fn take_calls(&self) -> Vec<Record> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).calls)
    }

    fn take_questions(&self) -> (Vec<Question>, usize) {
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut steps.questions), steps.elided)
    }
}

/// A request of a caller whose signature was right, or who came without one, and its decisions.
pub struct Record {
    pub id: String,
    /// AWS time.
    pub time: Timestamp,
    pub service: &'static str,
    pub operation: &'static str,
    pub who: Box<Who>,
    pub questions: Vec<Question>,
    pub elided: usize,
    /// Code and message of a refusal, whatever its reason.
    pub error: Option<(&'static str, String)>,
    is_denied: bool,
}

impl Record {
    pub fn new(
        who: Box<Who>,
        facts: &RequestFacts,
        (service, operation): (&'static ServiceShape, &'static str),
        error: Option<&Error>,
    ) -> Self {
        let (questions, elided) = who.trail.take_questions();
        let refused = error.is_some_and(|error| error.status() == 403);
        let some_refused = questions.iter().any(|one| !one.is_allowed() && !one.is_soft);
        Self {
            id: facts.id.clone(),
            time: facts.now,
            service: service.name,
            operation,
            who,
            questions,
            elided,
            error: error.map(|error| (answer::code(service, error), error.message().to_owned())),
            is_denied: refused || some_refused,
        }
    }

    /// Whether it was refused, or a part of it was.
    pub const fn is_denied(&self) -> bool {
        self.is_denied
    }

    /// An account sees what its own principals asked, and what callers of no account asked of its
    /// resources.
    pub fn is_seen_by(&self, account: AccountId) -> bool {
        match self.who.caller.identity {
            Identity::Anonymous | Identity::Service(_) => {
                self.questions.iter().any(|question| question.owner == account)
            }
            _ => self.who.caller.account == account,
        }
    }

    /// The question that decided: the first that was denied in earnest, else the first.
    pub fn decisive(&self) -> Option<&Question> {
        let denied = self.questions.iter().find(|one| !one.is_allowed() && !one.is_soft);
        denied.or_else(|| self.questions.first())
    }

    fn size(&self) -> usize {
        let questions: usize = self.questions.iter().map(Question::size).sum();
        let session = self.who.caller.session.as_ref();
        let documents = session.iter().flat_map(|session| session.policies.iter().flatten());
        let session: usize = documents.map(String::len).sum();
        std::mem::size_of::<Self>().saturating_add(questions).saturating_add(session)
    }
}

/// The rings.
#[derive(Default)]
pub struct Decisions {
    allowed: Mutex<Ring>,
    denied: Mutex<Ring>,
    /// How many were kept ever: which of two came later.
    count: AtomicU64,
    recorder: OnceLock<Arc<dyn Recorder>>,
}

#[derive(Default)]
struct Ring {
    /// Oldest first.
    records: VecDeque<Kept>,
    bytes: usize,
}

struct Kept {
    place: u64,
    size: usize,
    record: Arc<Record>,
}

impl Decisions {
    /// Keeps the calls of a request, then the request itself.
    pub fn keep(&self, record: Record) {
        for call in record.who.trail.take_calls() {
            self.keep(call);
        }
        if let Some(recorder) = self.recorder.get() {
            recorder.record(&explanation::document(&record, None).to_string());
        }
        let (ring, most) = match record.is_denied {
            true => (&self.denied, DENIED_MAX),
            false => (&self.allowed, ALLOWED_MAX),
        };
        let place = self.count.fetch_add(1, Ordering::Relaxed);
        let kept = Kept { place, size: record.size(), record: Arc::new(record) };
        let mut ring = ring.lock().unwrap_or_else(PoisonError::into_inner);
        let forgotten = ring.push(kept, most);
        drop(ring);
        // Not under the lock: the last share of old policies may go with them.
        drop(forgotten);
    }

    /// Writes each decision from now on to `recorder` too. The first counts.
    pub fn record_to(&self, recorder: Arc<dyn Recorder>) {
        let _ = self.recorder.set(recorder);
    }

    /// All that `wanted` says yes to, oldest first.
    pub fn all(&self, wanted: impl Fn(&Record) -> bool) -> Vec<Arc<Record>> {
        let mut found = Vec::new();
        for ring in [&self.allowed, &self.denied] {
            let ring = ring.lock().unwrap_or_else(PoisonError::into_inner);
            let wanted = ring.records.iter().filter(|kept| wanted(&kept.record));
            found.extend(wanted.map(|kept| (kept.place, Arc::clone(&kept.record))));
        }
        found.sort_by_key(|(place, _)| *place);
        found.into_iter().map(|(_, record)| record).collect()
    }

    /// The newest that `wanted` says yes to.
    pub fn newest(&self, wanted: impl Fn(&Record) -> bool) -> Option<Arc<Record>> {
        let of = |ring: &Mutex<Ring>| {
            let ring = ring.lock().unwrap_or_else(PoisonError::into_inner);
            let mut newest = ring.records.iter().rev();
            let found = newest.find(|kept| wanted(&kept.record));
            found.map(|kept| (kept.place, Arc::clone(&kept.record)))
        };
        let found = of(&self.allowed).into_iter().chain(of(&self.denied));
        found.max_by_key(|(place, _)| *place).map(|(_, record)| record)
    }
}

impl Ring {
    /// Adds the newest; gives back those that there is no more room for.
    fn push(&mut self, kept: Kept, most: usize) -> Vec<Kept> {
        self.bytes = self.bytes.saturating_add(kept.size);
        self.records.push_back(kept);
        let mut forgotten = Vec::new();
        while self.records.len() > most || (self.bytes > BYTES_MAX && self.records.len() > 1) {
            let Some(oldest) = self.records.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(oldest.size);
            forgotten.push(oldest);
        }
        forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Caller;

    fn kept(id: usize, denied: bool, size: usize) -> Kept {
        let account = AccountId::parse("123456789012").expect("twelve digits");
        let who = Who::of_service(Caller::root(account), Timestamp::from_seconds(0));
        let who = Box::new(who);
        let record = Record {
            id: id.to_string(),
            time: Timestamp::from_seconds(0),
            service: "s3",
            operation: "GetObject",
            who,
            questions: Vec::new(),
            elided: 0,
            error: None,
            is_denied: denied,
        };
        Kept { place: 0, size, record: Arc::new(record) }
    }

    #[test]
    fn a_ring_forgets_the_oldest_by_number_and_by_size() {
        let mut ring = Ring::default();
        (0..20).for_each(|id| drop(ring.push(kept(id, false, 1), 10)));
        assert_eq!((ring.records.len(), ring.bytes), (10, 10));
        let forgotten = ring.push(kept(7, false, BYTES_MAX), 10);
        assert_eq!((ring.records.len(), ring.bytes), (1, BYTES_MAX));
        assert_eq!(forgotten.len(), 10);
    }

    #[test]
    fn many_that_succeed_do_not_push_out_one_that_was_denied() {
        let decisions = Decisions::default();
        let keep = |kept: Kept| {
            let record = Arc::into_inner(kept.record).expect("one owner");
            decisions.keep(record);
        };
        keep(kept(1, true, 0));
        (2..5000).for_each(|id| keep(kept(id, false, 0)));
        let newest =
            |wanted: fn(&Record) -> bool| decisions.newest(wanted).expect("one").id.clone();
        assert_eq!(newest(Record::is_denied), "1");
        assert_eq!(newest(|_| true), "4999");
    }
}
