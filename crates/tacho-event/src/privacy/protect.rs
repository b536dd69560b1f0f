//! Step 3 of the journey: an event becomes an entry.
//!
//! ```text
//! event -> minimise -> redact -> classify, escape -> salt -> leaf + parts
//! ```
//!
//! Redaction works on values, never on text that holds their structure. The one look at serialised
//! bytes is a filter that can only say "surely nothing here": most events pass it, so they are
//! classified first, and once more after redaction if the filter is not sure.

use super::entry::Entry;
use super::evidence::take_evidence;
use super::policy::{Granularity, Policy};
use super::redact::Redactor;
use super::seal::{Batch, Classified};
use super::split::{Sorted, Split, changes_person, name_resource_types};
use super::stand_ins::StandIns;
use crate::event::Event;
use crate::ids::EventId;
use crate::json::{Object, Pointer, Value};
use crate::problem::Problem;
use crate::world::World;

/// What a policy made of an event.
#[derive(Debug)]
pub enum Protected {
    /// What is stored.
    Entry(Box<Entry>),
    /// Nothing: the capture rule of this number (the first is 0) says so, or the policy's level.
    Dropped {
        /// The rule, by its place in the policy.
        rule: Option<usize>,
    },
}

impl Policy {
    /// The entry of `event`, or the news that a rule drops it. A problem is an event that is too
    /// large to be kept whole.
    ///
    /// Threads may share a policy, each with a world of its own, and wait for nothing: the one lock
    /// is that of `stand_ins`, taken where a leaf may not show an id.
    pub fn apply(
        &self,
        event: Event,
        stand_ins: &StandIns,
        world: &dyn World,
    ) -> Result<Protected, Problem> {
        let outcome = self.apply_all([event], stand_ins, world).pop();
        outcome.unwrap_or_else(|| unreachable!("each event has an outcome"))
    }

    /// The same for many events: their hashes, most of the work, are made side by side.
    pub fn apply_all(
        &self,
        events: impl IntoIterator<Item = Event>,
        stand_ins: &StandIns,
        world: &dyn World,
    ) -> Vec<Result<Protected, Problem>> {
        let events = events.into_iter();
        let (mut split, mut batch) = (Split::default(), Batch::of(events.size_hint().0));
        let classify = |event| self.classify(event, &mut split, &mut batch, (stand_ins, world));
        let events = events.map(classify).collect();
        batch.seal(events, &self.salting, world)
    }

    /// All that is done with an event before anything is hashed.
    fn classify(
        &self,
        event: Event,
        split: &mut Split,
        batch: &mut Batch,
        (stand_ins, world): (&StandIns, &dyn World),
    ) -> Classified {
        let mut event = event;
        let told = name_resource_types(&mut event.doc);
        let minimised = match self.minimise(&mut event) {
            Ok(minimised) => minimised,
            Err(rule) => return Classified::Dropped { rule },
        };
        let subject = event.subject().filter(|_| self.keeps_identity).map(str::to_owned);
        let Event { doc, id, timestamp, action, tenant, own: system } = event;
        let (leaf, parts) = (Vec::new(), Vec::new());
        let mut entry =
            Box::new(Entry { id, tenant, timestamp, action, system, subject, leaf, parts });
        let mut remarks = Remarks { cut: minimised.cuts, told, redacted: None };
        let mut sorted = self.sort(doc);
        split.fill(&sorted, self, Granularity::Class, None);
        let mut again = split.wants_names || self.granularity() == Granularity::Member;
        if self.may_hold_secrets(&sorted, split, remarks.told.as_ref()) {
            let mut redactor = Redactor::new(self.scanner());
            redactor.redact(&mut sorted);
            if redactor.hit_id() {
                entry.id = EventId::mint(world);
                sorted.doc.insert("id", entry.id.as_str());
            }
            if let Some(told) = &mut remarks.told {
                redactor.value(told, &Pointer::ROOT.member("security"));
            }
            remarks.redacted = redactor.into_counts();
            again |= remarks.redacted.is_some();
        }
        if again {
            split.fill(&sorted, self, self.granularity(), Some((stand_ins, world)));
        }
        remarks.note(split, minimised.keeps_content);
        batch.add(entry, split)
    }

    /// Takes evidence out of what is left of an event.
    pub(super) fn sort(&self, doc: Object) -> Sorted {
        let mut doc = doc;
        let changes_person = changes_person(&doc);
        let paths = self.evidence();
        let evidence = take_evidence(&mut doc, paths, self.keeps_identity, changes_person);
        Sorted { doc, evidence, changes_person }
    }

    /// False if the scanner is sure that no value holds a secret; nor what was `told` and will be
    /// remarked.
    fn may_hold_secrets(&self, sorted: &Sorted, split: &mut Split, told: Option<&Value>) -> bool {
        // Escapes and base64 hide what a raw text says from a look at bytes.
        let is_raw = |doc: &Object| {
            doc.object("metadata").is_some_and(|metadata| metadata.get("malformed").is_some())
        };
        if is_raw(&sorted.doc) || is_raw(&sorted.evidence) {
            return true;
        }
        let originals = match split.originals.is_empty() {
            true => String::new(),
            false => Value::from(split.originals.clone()).to_json(),
        };
        let told = told.map_or_else(String::new, Value::to_json);
        self.scanner().may_hit(split.suspects([&originals, &told]))
    }
}

/// What `detail` says about the entry itself; no member of the event.
struct Remarks {
    cut: Object,
    redacted: Option<Object>,
    /// The kinds of touched resources as the event told them, if the leaf shows others.
    told: Option<Value>,
}

impl Remarks {
    /// Adds the remarks to `detail`.
    fn note(self, split: &mut Split, keeps_content: bool) {
        let mut originals = std::mem::take(&mut split.originals);
        if let Some(told) = self.told {
            originals.insert("/security/resource_types", told);
        }
        if !keeps_content {
            originals = Object::new();
        }
        let nums = std::mem::take(&mut split.nums);
        let lists = [("cut", self.cut), ("originals", originals)];
        let mut remarks: Object =
            lists.into_iter().filter(|(_, object)| !object.is_empty()).collect();
        if let Some(redacted) = self.redacted.filter(|_| keeps_content) {
            remarks.insert("redacted", redacted);
        }
        if !nums.is_empty() {
            remarks.insert("nums", nums);
        }
        if !remarks.is_empty() {
            split.detail.add(remarks);
        }
    }
}
