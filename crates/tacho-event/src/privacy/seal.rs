//! Given events whose members have found their homes, gives entries: salted, hashed, written.
//!
//! Many at once: a hash costs a fraction where it is made beside others.

use super::disclose::{Class, Pair, Salting};
use super::entry::{Entry, Part};
use super::home::HomeText;
use super::protect::Protected;
use super::split::Split;
use crate::json::{self, write_string};
use crate::limits;
use crate::problem::Problem;
use crate::time::Timestamp;
use crate::world::{World, random};
use tacho_hash::base64url;

/// What classifying made of an event.
pub(super) enum Classified {
    Kept(Box<Unsealed>),
    Dropped { rule: Option<usize> },
}

/// An entry that lacks its leaf and its parts, and the texts they are made of.
pub(super) struct Unsealed {
    pub(super) entry: Entry,
    pub(super) split: Split,
}

/// Salts each class of each event: its digests go into the leaf, its values into a part.
pub(super) fn seal_all(
    salting: &Salting,
    events: Vec<Classified>,
    world: &dyn World,
) -> Vec<Result<Protected, Problem>> {
    let mut batch = Batch::default();
    let counts: Vec<Result<usize, Problem>> = events
        .iter()
        .map(|event| match event {
            Classified::Kept(kept) => batch.add(&kept.split, world),
            Classified::Dropped { .. } => Ok(0),
        })
        .collect();
    let mut parts = batch.seal(salting).into_iter();
    let seal = |(event, count): (Classified, Result<usize, Problem>)| match event {
        Classified::Dropped { rule } => Ok(Protected::Dropped { rule }),
        Classified::Kept(kept) => {
            let Unsealed { mut entry, split } = *kept;
            entry.parts = parts.by_ref().take(count?).collect();
            write_leaf(&split, &entry.parts, world.now(), &mut entry.leaf);
            if entry.leaf.len() > limits::LEAF_BYTES_MAX {
                let what = format!("has a leaf larger than {} bytes", limits::LEAF_BYTES_MAX);
                return Err(Problem::new("", what, "use fewer or shorter names and ids"));
            }
            Ok(Protected::Entry(Box::new(entry)))
        }
    };
    events.into_iter().zip(counts).map(seal).collect()
}

/// The parts of many events.
#[derive(Default)]
struct Batch<'s> {
    seeds: Vec<([u8; 16], Class)>,
    pairs: Vec<Pair<'s>>,
}

impl<'s> Batch<'s> {
    /// Adds the parts of one event, and tells how many they are; none if it is too large.
    fn add(&mut self, split: &'s Split, world: &dyn World) -> Result<usize, Problem> {
        let before = (self.seeds.len(), self.pairs.len());
        let added = self.add_classes(split, world);
        if added.is_err() {
            self.seeds.truncate(before.0);
            self.pairs.truncate(before.1);
        }
        added.map(|()| self.seeds.len() - before.0)
    }

    fn add_classes(&mut self, split: &'s Split, world: &dyn World) -> Result<(), Problem> {
        let bytes: usize = split.homes().iter().map(|home| home.bytes().len()).sum();
        if bytes > limits::PART_BYTES_MAX {
            let what = format!("is larger than {} bytes", limits::PART_BYTES_MAX);
            return Err(Problem::new("", what, "cut its largest value, or record it in pieces"));
        }
        for class in Class::ALL {
            let homes = split.homes().into_iter().filter(|home| home.class == class);
            let (part, before) = (self.seeds.len(), self.pairs.len());
            let pairs = homes.flat_map(HomeText::pairs);
            self.pairs.extend(pairs.map(|(name, value)| (part, name, value)));
            let added = self.pairs.len() - before;
            if added > limits::PAIRS_MAX {
                let what = format!("has {added} hidden members of class {class}");
                let hint = format!("at most {} with granularity `member`", limits::PAIRS_MAX);
                return Err(Problem::new("", what, hint));
            }
            if added > 0 {
                self.seeds.push((random(world), class));
            }
        }
        Ok(())
    }

    fn seal(self, salting: &Salting) -> Vec<Part> {
        let digests = salting.digests(&self.seeds, &self.pairs);
        let mut sizes = vec![(0, 0); self.seeds.len()];
        for (part, name, value) in &self.pairs {
            if let Some((pairs, bytes)) = sizes.get_mut(*part) {
                *pairs += 1;
                *bytes += name.len() + value.len() + r#",["",]"#.len();
            }
        }
        let seeds = self.seeds.iter().zip(sizes);
        let mut parts: Vec<Part> =
            seeds.map(|((seed, class), size)| begin(seed, *class, size)).collect();
        for ((part, name, value), digest) in self.pairs.into_iter().zip(digests) {
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
fn write_leaf(split: &Split, parts: &[Part], now: Timestamp, out: &mut Vec<u8>) {
    let (before, after) = split.marks;
    let leaf = split.leaf.bytes();
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
