//! Given events whose members have found their homes, gives entries: salted, hashed, written.
//!
//! Many at once: a hash costs a fraction where it is made beside others.

use super::disclose::{Class, Pair, Salting};
use super::entry::{Entry, Part};
use super::home::HomeText;
use super::protect::Protected;
use super::split::Split;
use crate::json::{self, Text, write_string};
use crate::limits;
use crate::problem::Problem;
use crate::time::Timestamp;
use crate::world::{World, random};
use std::ops::Range;
use tacho_hash::base64url;

/// What classifying made of an event.
pub(super) enum Classified {
    Kept(Unsealed),
    Dropped { rule: Option<usize> },
    Refused(Problem),
}

/// An entry that lacks its leaf and its parts; the texts they are made of lie in a batch.
pub(super) struct Unsealed {
    entry: Box<Entry>,
    /// How many parts it has.
    parts: usize,
    /// The public members, and where among them the commitments go.
    leaf: Range<usize>,
    marks: (usize, usize),
}

/// What many events are to be sealed from.
pub(super) struct Batch {
    /// The class of each part.
    parts: Vec<Class>,
    /// What becomes a disclosure: the number of its part, its name, its text.
    pairs: Vec<(usize, Text, Range<usize>)>,
    /// The texts of all events, one after the other.
    texts: Vec<u8>,
}

/// Room for a usual event, and for so many of them before the first has come.
const TEXT_BYTES: usize = 1536;
const ROOM_FOR: usize = 64;

impl Batch {
    /// A batch of so many events.
    pub(super) fn of(events: usize) -> Self {
        let events = events.min(ROOM_FOR);
        let (parts, pairs) = (Vec::with_capacity(2 * events), Vec::with_capacity(3 * events));
        Self { parts, pairs, texts: Vec::with_capacity(TEXT_BYTES * events) }
    }

    /// Takes what has found its home, unless it is too large.
    pub(super) fn add(&mut self, entry: Box<Entry>, split: &Split) -> Classified {
        let (parts, pairs, texts) = (self.parts.len(), self.pairs.len(), self.texts.len());
        if let Err(problem) = self.add_classes(split) {
            self.parts.truncate(parts);
            self.pairs.truncate(pairs);
            self.texts.truncate(texts);
            return Classified::Refused(problem);
        }
        let leaf = self.text(split.leaf.bytes());
        let parts = self.parts.len() - parts;
        Classified::Kept(Unsealed { entry, parts, leaf, marks: split.marks })
    }

    fn add_classes(&mut self, split: &Split) -> Result<(), Problem> {
        let bytes: usize = split.homes().iter().map(|home| home.bytes().len()).sum();
        if bytes > limits::PART_BYTES_MAX {
            let what = format!("is larger than {} bytes", limits::PART_BYTES_MAX);
            return Err(Problem::new("", what, "cut its largest value, or record it in pieces"));
        }
        for class in Class::ALL {
            let homes = split.homes().into_iter().filter(|home| home.class == class);
            let (part, before) = (self.parts.len(), self.pairs.len());
            for (name, text) in homes.flat_map(HomeText::pairs) {
                let text = self.text(text);
                self.pairs.push((part, name.into(), text));
            }
            let added = self.pairs.len() - before;
            if added > limits::PAIRS_MAX {
                let what = format!("has {added} hidden members of class {class}");
                let hint = format!("at most {} with granularity `member`", limits::PAIRS_MAX);
                return Err(Problem::new("", what, hint));
            }
            if added > 0 {
                self.parts.push(class);
            }
        }
        Ok(())
    }

    /// Keeps a text.
    fn text(&mut self, text: &[u8]) -> Range<usize> {
        let start = self.texts.len();
        self.texts.extend_from_slice(text);
        start..self.texts.len()
    }

    /// Salts each class of each event: its digests go into the leaf, its values into a part.
    pub(super) fn seal(
        self,
        events: Vec<Classified>,
        salting: &Salting,
        world: &dyn World,
    ) -> Vec<Result<Protected, Problem>> {
        let mut parts = self.seal_parts(salting, world).into_iter();
        let now = world.now();
        let seal = |event: Classified| match event {
            Classified::Dropped { rule } => Ok(Protected::Dropped { rule }),
            Classified::Refused(problem) => Err(problem),
            Classified::Kept(Unsealed { mut entry, parts: count, leaf, marks }) => {
                let public = self.texts.get(leaf).unwrap_or_default();
                entry.parts = parts.by_ref().take(count).collect();
                write_leaf(public, marks, &entry.parts, now, &mut entry.leaf);
                if entry.leaf.len() > limits::LEAF_BYTES_MAX {
                    let what = format!("has a leaf larger than {} bytes", limits::LEAF_BYTES_MAX);
                    return Err(Problem::new("", what, "use fewer or shorter names and ids"));
                }
                Ok(Protected::Entry(entry))
            }
        };
        events.into_iter().map(seal).collect()
    }

    fn seal_parts(&self, salting: &Salting, world: &dyn World) -> Vec<Part> {
        let seeds: Vec<([u8; 16], Class)> =
            self.parts.iter().map(|class| (random(world), *class)).collect();
        let text = |text: &Range<usize>| self.texts.get(text.clone()).unwrap_or_default();
        let pairs = self.pairs.iter();
        let pairs: Vec<Pair<'_>> =
            pairs.map(|(part, name, value)| (*part, name.as_str(), text(value))).collect();
        let digests = salting.digests(&seeds, &pairs);
        let mut sizes = vec![(0, 0); seeds.len()];
        for (part, name, value) in &pairs {
            if let Some((pairs, bytes)) = sizes.get_mut(*part) {
                *pairs += 1;
                *bytes += name.len() + value.len() + r#",["",]"#.len();
            }
        }
        let sized = seeds.iter().zip(sizes);
        let mut parts: Vec<Part> =
            sized.map(|((seed, class), size)| begin(seed, *class, size)).collect();
        for ((part, name, value), digest) in pairs.into_iter().zip(digests) {
            if let Some(part) = parts.get_mut(part) {
                add(part, name, value, digest);
            }
        }
        parts.iter_mut().for_each(|part| part.plaintext.push(b']'));
        parts
    }
}

/// `seed 16 || JCS of [[name, value], ..]`, still without pairs and without the end.
fn begin(seed: &[u8; 16], class: Class, (pairs, bytes): (usize, usize)) -> Part {
    let mut plaintext = Vec::with_capacity(seed.len() + bytes + 2);
    plaintext.extend_from_slice(seed);
    plaintext.push(b'[');
    Part { class, plaintext, digests: Vec::with_capacity(pairs) }
}

fn add(part: &mut Part, name: &str, value: &[u8], digest: [u8; 32]) {
    let text = &mut part.plaintext;
    if !part.digests.is_empty() {
        text.push(b',');
    }
    text.push(b'[');
    write_string(name, text);
    text.push(b',');
    text.extend_from_slice(value);
    text.push(b']');
    part.digests.push(digest);
}

/// The public members, and what commits to each part, at its place among them:
/// `{"action":..,"content":..,"evidence":..,"id":..,"identity":..,"origin":..}`
fn write_leaf(
    leaf: &[u8],
    (before, after): (usize, usize),
    parts: &[Part],
    now: Timestamp,
    out: &mut Vec<u8>,
) {
    let piece = |from: usize, to: usize| leaf.get(from..to).unwrap_or_default();
    let commit = |class: Class, out: &mut Vec<u8>| {
        let Some(part) = parts.iter().find(|part| part.class == class) else { return };
        out.extend_from_slice(b",\"");
        out.extend_from_slice(class.as_str().as_bytes());
        out.extend_from_slice(b"\":{\"_sd\":[");
        let start = out.len();
        for digest in &part.digests {
            out.push(b'"');
            base64url(digest, out);
            out.extend_from_slice(b"\",");
        }
        // Each of them takes the same room, so they are sorted where they stand.
        let texts = out.get_mut(start..).unwrap_or_default();
        texts.as_chunks_mut::<DIGEST_LETTERS>().0.sort_unstable();
        out.pop();
        out.extend_from_slice(b"],\"day\":");
        json::write(&now.day().into(), out);
        out.push(b'}');
    };
    out.reserve(
        leaf.len()
            + 40 * 3
            + DIGEST_LETTERS * parts.iter().map(|part| part.digests.len()).sum::<usize>(),
    );
    out.extend_from_slice(piece(0, before));
    commit(Class::Content, out);
    commit(Class::Evidence, out);
    out.extend_from_slice(piece(before, after));
    commit(Class::Identity, out);
    out.extend_from_slice(piece(after, leaf.len()));
}

/// A digest as a leaf lists it, with its quotes and a comma.
const DIGEST_LETTERS: usize = 43 + 3;
