//! Given a scope, gives the parts that it names: by grant where one person has it, else by leaf.

use std::collections::{HashMap, HashSet};

use tacho_event::json::Value;
use tacho_event::privacy::Class;

use super::scope::Scope;
use crate::limits::GRANTS_OPENED_AT_ONCE;
use crate::log::Log;
use crate::vault::cipher::Key;
use crate::vault::grant::open_outer;
use crate::vault::open::Opener;
use crate::vault::rows::Name;
use crate::vault::subject::{normalised, subject_of};
use crate::vault::{Grant, GrantKind, Item, Part, SharedRing, VaultError, hold, in_parallel};

/// The parts that are to go.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    /// Leaves, and which classes of them: bit `1 << class`.
    pub(crate) leaves: HashMap<u64, u8>,
    /// Grants all of whose parts go.
    pub(crate) grants: HashSet<[u8; 16]>,
    /// Records all of whose parts go.
    pub(crate) records: HashSet<[u8; 16]>,
}

const ALL: u8 = 0b1110;

impl Found {
    pub(crate) fn is_named(&self, leaf: u64, part: &Part<'_>) -> bool {
        self.grants.contains(&part.grant_id)
            || self.records.contains(&part.record_id)
            || self.names_leaf(leaf, part.class)
    }

    pub(crate) fn names_leaf(&self, leaf: u64, class: Class) -> bool {
        self.leaves.get(&leaf).is_some_and(|classes| classes & 1 << class.byte() != 0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.leaves.is_empty() && self.grants.is_empty() && self.records.is_empty()
    }

    pub(crate) fn merge(&mut self, other: Found) {
        for (leaf, classes) in other.leaves {
            *self.leaves.entry(leaf).or_default() |= classes;
        }
        self.grants.extend(other.grants);
        self.records.extend(other.records);
    }
}

/// Finds what a scope names among what is integrated; `names` are those of the person.
pub(crate) fn find(
    ring: &SharedRing,
    log: &Log,
    scope: &Scope,
    names: &HashSet<[u8; 16]>,
) -> Result<Found, VaultError> {
    let mut found = Found::default();
    match scope {
        Scope::Events(ids) => {
            for id in ids {
                let entries = log.find(id)?;
                found.leaves.extend(entries.iter().map(|entry| (entry.index, ALL)));
            }
        }
        Scope::Session(session) => {
            found.leaves.extend(log.session(session)?.into_iter().map(|leaf| (leaf, ALL)));
        }
        Scope::Matching(text) => {
            let says = |part: &[u8]| says(part, text);
            each_opened(ring, log, Sealed::Too, &mut |_| {}, &says, &mut |leaf, class| {
                *found.leaves.entry(leaf).or_default() |= 1 << class.byte();
                Ok(())
            })?;
        }
        Scope::Subject(id) => {
            let id = normalised(id);
            let candidates = met(ring, log, names, &id, &mut found.grants)?;
            let mut opener = Opener::new(ring.clone(), log.tenant())?;
            for leaf in candidates {
                let Some(entry) = log.get(leaf)? else { continue };
                let event = log.reveal_with(&entry, &mut opener)?.event;
                if subject_of(&event).is_some_and(|one| normalised(one) == id) {
                    found.leaves.insert(leaf, ALL);
                }
            }
        }
    }
    Ok(found)
}

/// One walk for a person: takes in the grants that are sealed to these names, and gives the leaves
/// whose other parts, plain ones and those of a master grant, name the person.
fn met(
    ring: &SharedRing,
    log: &Log,
    names: &HashSet<[u8; 16]>,
    id: &str,
    grants: &mut HashSet<[u8; 16]>,
) -> Result<HashSet<u64>, VaultError> {
    let origin = hold(ring).origin(log.tenant())?;
    let (tenant, origin) = (log.tenant(), origin.as_str());
    let mut search = Search { ring, tenant, origin, names, grants, shut: Vec::new() };
    let says = |part: &[u8]| names_person(part, id);
    let mut candidates = HashSet::new();
    let mut take = |leaf, _| {
        candidates.insert(leaf);
        Ok(())
    };
    let mut of_grant = |grant: &Grant<'_>| search.take(grant);
    each_opened(ring, log, Sealed::Not, &mut of_grant, &says, &mut take)?;
    search.open();
    Ok(candidates)
}

/// Looks for grants that are sealed to some names, many at a time: opening one takes a tenth of a
/// millisecond, and there is one for each person, class and day.
struct Search<'a> {
    ring: &'a SharedRing,
    tenant: &'a str,
    origin: &'a str,
    names: &'a HashSet<[u8; 16]>,
    /// Those that are.
    grants: &'a mut HashSet<[u8; 16]>,
    /// Those that were not opened yet: the grant without its wrap, and that.
    shut: Vec<(Grant<'static>, Vec<u8>)>,
}

impl Search<'_> {
    fn take(&mut self, grant: &Grant<'_>) {
        let Grant { id, class, day, kind, wrap } = *grant;
        if self.names.is_empty() || kind != GrantKind::DaySubject {
            return;
        }
        self.shut.push((Grant { id, class, day, kind, wrap: b"" }, wrap.to_vec()));
        if self.shut.len() >= GRANTS_OPENED_AT_ONCE {
            self.open();
        }
    }

    fn open(&mut self) {
        let shut = std::mem::take(&mut self.shut);
        let mut days: HashMap<(Class, u32), Vec<Key>> = HashMap::new();
        for (grant, _) in &shut {
            let day = (grant.class, grant.day);
            let secrets = || hold(self.ring).secrets(self.tenant, Name::Day(day.0, day.1));
            days.entry(day).or_insert_with(secrets);
        }
        let is_sealed_to = |(grant, wrap): &(Grant<'static>, Vec<u8>)| {
            let grant = Grant { wrap, ..*grant };
            let mut days = days.get(&(grant.class, grant.day))?.iter();
            let inner = days.find_map(|day| open_outer(&grant, self.origin, day).ok())?;
            self.names.contains(&inner.name).then_some(grant.id)
        };
        self.grants.extend(in_parallel(&shut, &is_sealed_to));
    }
}

/// Which parts are opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sealed {
    /// All of them.
    Too,
    /// Those that are plain or sealed to the master: a person's other parts are found by grant.
    Not,
}

/// Calls `of_grant` for every grant, and `each` for every part that says something.
fn each_opened(
    ring: &SharedRing,
    log: &Log,
    sealed: Sealed,
    of_grant: &mut dyn FnMut(&Grant<'_>),
    says: &dyn Fn(&[u8]) -> bool,
    each: &mut dyn FnMut(u64, Class) -> Result<(), VaultError>,
) -> Result<(), VaultError> {
    let mut opener = Opener::new(ring.clone(), log.tenant())?;
    for class in Class::ALL {
        for day in log.part_files().days(class)? {
            let Some(mut records) = log.part_files().day(class, day)? else { continue };
            while let Some(record) = records.next_record()? {
                match (record.item, record.leaf) {
                    (Item::Grant(grant), _) => {
                        of_grant(&grant);
                        if sealed == Sealed::Too || grant.kind == GrantKind::Master {
                            opener.learn(&grant);
                        }
                    }
                    (Item::Part(part), Some(leaf)) => {
                        let find = &mut |_: &Part<'_>| None;
                        let opened = opener.plaintext(&part, find);
                        if opened.is_some_and(|plaintext| says(&plaintext)) {
                            each(leaf, class)?;
                        }
                    }
                    (Item::Block(block), _) => {
                        let opened = opener.block(&block, &mut |_: &Part<'_>| None);
                        for (entry, plaintext) in opened.unwrap_or_default() {
                            if says(&plaintext) {
                                each(entry.leaf, class)?;
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

/// Whether a text stands in a value or a name of what a part says.
fn says(plaintext: &[u8], text: &str) -> bool {
    any_text(plaintext, &mut |said| said.contains(text))
}

/// Whether a part names somebody, anywhere.
fn names_person(plaintext: &[u8], id: &str) -> bool {
    any_text(plaintext, &mut |said| said.len() >= id.len() / 4 && normalised(said) == *id)
}

fn any_text(plaintext: &[u8], is_it: &mut dyn FnMut(&str) -> bool) -> bool {
    let Some((_, text)) = plaintext.split_first_chunk::<16>() else { return false };
    tacho_event::json::read(text).is_ok_and(|value| walk(&value, is_it))
}

fn walk(value: &Value, is_it: &mut dyn FnMut(&str) -> bool) -> bool {
    match value {
        Value::Text(text) => is_it(text),
        Value::List(list) => list.iter().any(|value| walk(value, is_it)),
        Value::Object(object) => {
            object.iter().any(|(name, value)| is_it(name) || walk(value, is_it))
        }
        Value::Number(number) => is_it(&number.to_string()),
        _ => false,
    }
}
