//! Step 3 of the journey: an event becomes an entry.
//!
//! ```text
//! event -> minimise -> classify -> redact -> escape -> salt -> leaf + parts
//! ```
//!
//! Redaction works on values, never on text that holds their structure. The one look at serialised
//! bytes is a filter that can only say "surely nothing here".

use super::disclose::{Class, Salter, base64url, digest};
use super::entry::{Entry, Part};
use super::policy::{Granularity, Policy};
use super::prepare::prepare;
use super::redact::Redactor;
use super::split::{OTHER, Split};
use super::stand_ins::StandIns;
use crate::event::Event;
use crate::ids::EventId;
use crate::json::{Object, Text, Value, write, write_object, write_string};
use crate::limits;
use crate::problem::Problem;
use crate::shape::{EVENT, Kind, Member, member};
use crate::time::Timestamp;
use crate::world::{World, random};

/// What a policy made of an event.
#[derive(Debug)]
pub enum Protected {
    /// What is stored.
    Entry(Box<Entry>),
    /// Nothing: the capture rule of this number (the first is 0) says so.
    Dropped {
        /// The rule, by its place in the policy.
        rule: usize,
    },
}

impl Policy {
    /// The entry of `event`, or the news that a rule drops it. A problem is an event that is too
    /// large to be kept whole.
    pub fn apply(
        &self,
        event: Event,
        stand_ins: &StandIns,
        world: &dyn World,
    ) -> Result<Protected, Problem> {
        let mut event = event;
        let minimised = match self.minimise(&mut event) {
            Ok(minimised) => minimised,
            Err(rule) => return Ok(Protected::Dropped { rule }),
        };
        let subject = event.subject().map(str::to_owned).filter(|_| minimised.keeps_identity);
        let (timestamp, action, system) = (event.timestamp, event.action, event.own);
        let (id, tenant) = (event.id.clone(), event.tenant.clone());
        let mut split = Split::of(event);
        self.withhold_names(&mut split);
        split.keep_as_evidence(self.evidence());
        let mut entry = Entry {
            id,
            tenant,
            timestamp,
            action,
            system,
            subject,
            leaf: Vec::new(),
            parts: Vec::new(),
        };
        let mut pairs = Pairs::of(&mut split);
        if self.scanner().may_hit(&pairs.bytes) || split.hides_raw_bytes() {
            let mut redactor = Redactor::new(self.scanner());
            redactor.redact_split(&mut split);
            if redactor.hit_id() {
                entry.id = EventId::mint(world);
                split.leaf.insert("id", entry.id.as_str());
            }
            redactor.report(&mut split.detail);
        }
        let mut nums = Vec::new();
        name_withheld(&mut split, stand_ins, world, &mut nums);
        let (keeps_content, keeps_identity) = minimised.finish(&mut split.detail);
        if !keeps_content {
            (split.input, split.output, split.detail) = Default::default();
        }
        if !keeps_identity {
            split.who = Object::new();
        }
        pairs = Pairs::stored(&mut split, nums, self.granularity());
        if pairs.bytes.len() > limits::PART_BYTES_MAX {
            let what = format!("is larger than {} bytes", limits::PART_BYTES_MAX);
            return Err(Problem::new("", what, "cut its largest value, or record it in pieces"));
        }
        pairs.seal(&mut split.leaf, &mut entry.parts, world);
        write_object(&split.leaf, &mut entry.leaf);
        if entry.leaf.len() > limits::LEAF_BYTES_MAX {
            let what = format!("has a leaf larger than {} bytes", limits::LEAF_BYTES_MAX);
            return Err(Problem::new("", what, "use fewer or shorter names and ids"));
        }
        Ok(Protected::Entry(Box::new(entry)))
    }

    /// With `strict`, ids of agents and sessions are withheld as if they were no public strings.
    fn withhold_names(&self, split: &mut Split) {
        if !self.is_strict() {
            return;
        }
        let Some(agent) = split.leaf.get_mut("agent").and_then(Value::as_object_mut) else {
            return;
        };
        let names = ["id", "session_id", "conversation_id", "parent_id"];
        let taken = names.map(|name| (name, agent.remove(name)));
        for (name, value) in taken {
            if let Some(value) = value {
                split.withhold(vec!["agent", name], value, true);
            }
        }
    }
}

/// Puts what the leaf may not show into `detail`, and a stand-in where it joins events.
fn name_withheld(
    split: &mut Split,
    stand_ins: &StandIns,
    world: &dyn World,
    nums: &mut Vec<Value>,
) {
    if split.withheld.is_empty() {
        return;
    }
    let mut originals = Object::new();
    for withheld in std::mem::take(&mut split.withheld) {
        let pointer = format!("/{}", withheld.path.join("/"));
        if let Some(number) = withheld.value.as_number() {
            nums.push(pointer.as_str().into());
            originals.insert(pointer, number.to_string());
            continue;
        }
        let text = withheld.value.as_str().unwrap_or_default();
        let shown = if withheld.joins { stand_ins.stand_in(text, world) } else { OTHER.to_owned() };
        split.leaf.insert_at(&withheld.path, shown);
        originals.insert(pointer, withheld.value);
    }
    split.detail.insert("originals", originals);
}

/// The canonical texts of the disclosures of one event, one after another.
struct Pairs {
    bytes: Vec<u8>,
    /// Class, name and end of each, in the order of their bytes.
    ends: Vec<(Class, Text, usize)>,
}

impl Pairs {
    /// Everything of an event that may hold a secret: the disclosures, then the leaf.
    fn of(split: &mut Split) -> Self {
        let mut pairs = Self { bytes: Vec::with_capacity(2048), ends: Vec::new() };
        for object in split.homes() {
            write_object(object, &mut pairs.bytes);
        }
        for withheld in &split.withheld {
            write(&withheld.value, &mut pairs.bytes);
        }
        write_object(&split.leaf, &mut pairs.bytes);
        pairs
    }

    /// The disclosures as they are stored; objects without members are none.
    fn stored(split: &mut Split, mut nums: Vec<Value>, granularity: Granularity) -> Self {
        for object in split.homes() {
            prepare(object, &mut nums);
        }
        if !nums.is_empty() {
            split.detail.insert("nums", Value::List(nums));
        }
        let mut pairs = Self { bytes: Vec::with_capacity(1024), ends: Vec::with_capacity(4) };
        for (class, name, object) in [
            (Class::Content, "detail", &split.detail),
            (Class::Content, "input", &split.input),
            (Class::Content, "output", &split.output),
            (Class::Identity, "who", &split.who),
            (Class::Evidence, "evidence", &split.evidence),
        ] {
            match granularity {
                _ if object.is_empty() => {}
                Granularity::Class => pairs.push(class, name.into(), |out| {
                    write_object(object, out);
                }),
                Granularity::Member => pairs.members(class, EVENT, object, ""),
            }
        }
        pairs
    }

    /// One pair for each member of the shape, named by its pointer.
    fn members(&mut self, class: Class, rows: &'static [Member], object: &Object, place: &str) {
        for (name, value) in object.iter() {
            let pointer = format!("{place}/{name}");
            match (member(rows, name).map(|row| row.kind), value) {
                (Some(Kind::Group(inner)), Value::Object(object)) => {
                    self.members(class, inner, object, &pointer);
                }
                _ => self.push(class, pointer.into(), |out| write(value, out)),
            }
        }
    }

    fn push(&mut self, class: Class, name: Text, fill: impl FnOnce(&mut Vec<u8>)) {
        fill(&mut self.bytes);
        self.ends.push((class, name, self.bytes.len()));
    }

    /// Salts each class: its digests go into the leaf, its values into a part.
    fn seal(&self, leaf: &mut Object, parts: &mut Vec<Part>, world: &dyn World) {
        for class in Class::ALL {
            if !self.ends.iter().any(|(of, ..)| *of == class) {
                continue;
            }
            let seed: [u8; 16] = random(world);
            let salter = Salter::new(&seed, class);
            let mut plaintext = seed.to_vec();
            let mut digests = Vec::new();
            let mut start = 0;
            plaintext.push(b'[');
            for (of, name, end) in &self.ends {
                let value = self.bytes.get(start..*end).unwrap_or_default();
                start = *end;
                if *of != class {
                    continue;
                }
                if !digests.is_empty() {
                    plaintext.push(b',');
                }
                digests.push(digest(&salter.disclosure(name, value)));
                plaintext.push(b'[');
                write_string(name, &mut plaintext);
                plaintext.push(b',');
                plaintext.extend_from_slice(value);
                plaintext.push(b']');
            }
            plaintext.push(b']');
            leaf.insert(class.as_str(), commitment(&digests, world.now()));
            parts.push(Part { class, plaintext, digests });
        }
    }
}

/// `{"_sd":[..sorted..],"day":D}`: what a leaf says of one class.
fn commitment(digests: &[[u8; 32]], now: Timestamp) -> Object {
    let mut texts: Vec<String> = digests.iter().map(|digest| base64url(digest)).collect();
    texts.sort_unstable();
    Object::from([("_sd", Value::from(texts)), ("day", Value::from(now.day()))])
}
