//! Given an event that stays in memory, gives what may be kept of it: what an entry of the same
//! event would reveal, without the salts and hashes that only a log can use.
//!
//! ```text
//! event -> minimise -> redact -> Redacted          no disk sees it, nobody can prove it
//! event -> minimise -> redact -> classify, salt -> Entry
//! ```
//!
//! A redacted event is no entry and becomes none: whoever records it later hands a draft to the
//! recorder, like any source.

use super::capture::Level;
use super::entry::Entry;
use super::policy::Policy;
use super::protect::Protected;
use super::redact::Redactor;
use super::reveal::{Disclosure, reveal};
use super::split::{Sorted, changes_person, name_resource_types};
use super::stand_ins::StandIns;
use crate::event::Event;
use crate::ids::EventId;
use crate::json::{self, Object, Pointer, Value};
use crate::limits;
use crate::problem::Problem;
use crate::world::World;

/// What may be kept of an event outside a log.
#[derive(Clone, Debug, PartialEq)]
pub struct Redacted {
    event: Object,
    text: Vec<u8>,
}

impl Redacted {
    fn of(event: Object) -> Self {
        let mut text = Vec::with_capacity(768);
        json::write_object(&event, &mut text);
        Self { event, text }
    }

    /// The event.
    pub fn event(&self) -> &Object {
        &self.event
    }

    /// The canonical text of the event.
    pub fn text(&self) -> &[u8] {
        &self.text
    }
}

impl Policy {
    /// What may be kept of `event` outside a log; nothing if a rule drops it. A problem is an event
    /// that is too large to be kept whole.
    pub fn redact(
        &self,
        event: Event,
        stand_ins: &StandIns,
        world: &dyn World,
    ) -> Result<Option<Redacted>, Problem> {
        let keeps_content = event.is_system() || self.capture.level(&event).0 >= Level::Redacted;
        if !keeps_content || !self.keeps_identity {
            // What a leaf cannot show is not kept then, and only classifying tells what that is.
            return match self.apply(event, stand_ins, world)? {
                Protected::Entry(entry) => revealed(&entry).map(Some),
                Protected::Dropped { .. } => Ok(None),
            };
        }
        let mut event = event;
        let told = name_resource_types(&mut event.doc);
        if self.minimise(&mut event).is_err() {
            return Ok(None);
        }
        let redacted = Redacted::of(event.doc);
        let redacted = match told {
            None if self.is_clean(&redacted) => redacted,
            told => Redacted::of(self.without_secrets(redacted.event, told, world)),
        };
        if redacted.text.len() > limits::PART_BYTES_MAX {
            let what = format!("is larger than {} bytes", limits::PART_BYTES_MAX);
            return Err(Problem::new("", what, "cut its largest value, or record it in pieces"));
        }
        Ok(Some(redacted))
    }

    /// True if the scanner is sure that no value holds a secret.
    fn is_clean(&self, redacted: &Redacted) -> bool {
        // Escapes and base64 hide what a raw text says from a look at bytes.
        let metadata = redacted.event.object("metadata");
        let is_raw = metadata.is_some_and(|metadata| metadata.get("malformed").is_some());
        !is_raw && !self.scanner().may_hit(&redacted.text)
    }

    fn without_secrets(&self, doc: Object, told: Option<Value>, world: &dyn World) -> Object {
        let changes_person = changes_person(&doc);
        let mut sorted = Sorted { doc, evidence: Object::new(), changes_person };
        let mut redactor = Redactor::new(self.scanner());
        redactor.redact(&mut sorted);
        let mut doc = sorted.doc;
        if redactor.hit_id() {
            doc.insert("id", EventId::mint(world).as_str());
        }
        if let Some(mut told) = told {
            redactor.value(&mut told, &Pointer::ROOT.member("security"));
            doc.insert_at(&RESOURCE_TYPES, told);
        }
        doc
    }
}

/// Where an event itself says what kinds of resources it touched.
const RESOURCE_TYPES: [&str; 2] = ["security", "resource_types"];

fn revealed(entry: &Entry) -> Result<Redacted, Problem> {
    let Ok(Value::Object(leaf)) = json::read(entry.leaf()) else {
        unreachable!("a leaf is a JSON object")
    };
    let parts = entry.parts().iter();
    let opened = parts.map(|part| Disclosure::of_part(part.class(), part.plaintext()));
    let opened: Vec<Vec<Disclosure>> = opened.collect::<Result<_, _>>()?;
    Ok(Redacted::of(reveal(&leaf, &opened.concat())?))
}
