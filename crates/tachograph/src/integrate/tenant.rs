//! Given a tenant's frames in order, gives its leaves, nodes, parts and state.

use std::collections::HashMap;
use std::sync::Arc;

use tacho_event::json::{self, Value};
use tacho_event::privacy::Class;
use tacho_tree::{Frontier, Hash};

use super::gate::{Passed, Stored};
use super::restore;
use crate::error::{Doing, Error};
use crate::files::grow::list_if_there;
use crate::files::{Files, Point};
use crate::index::{Effort, IndexWriter};
use crate::leaves::LeafWriter;
use crate::limits::RECENT_GRANTS_MAX;
use crate::parts::{PartFiles, PartWriter, Placed};
use crate::retain::pruned;
use crate::state::{Found, State};
use crate::store::Store;
use crate::tenant::TenantPlaces;
use crate::tree::NodeWriter;
use crate::vault::{GrantKind, Item, Part, Rewrapped, Rewrapper};
use crate::wal::{Position, Record};

/// Nodes above so many leaves are hashed at once.
const NODES_TOGETHER: usize = 1024;

/// One tenant's log, open for integration.
#[derive(Debug)]
pub(crate) struct TenantLog {
    places: TenantPlaces,
    /// The state on disk.
    state: State,
    frontier: Frontier,
    /// Hashes of leaves that the frontier does not count yet: they join it together.
    fresh: Vec<Hash>,
    leaves: LeafWriter,
    nodes: NodeWriter,
    parts: PartWriter,
    index: IndexWriter,
    /// Grants whose parts may still come.
    grants: HashMap<[u8; 16], Vec<u8>>,
}

impl TenantLog {
    /// Opens a tenant's log, making what a state says of it true again.
    pub(crate) fn open(store: &Store, name: &str, integrated: Position) -> Result<Self, Error> {
        let places = TenantPlaces::new(store.places(), name);
        let files = store.files().as_ref();
        let found = State::read(files, &places)?;
        let state = match found.clone() {
            Found::State(state) => restore::agree(store, &places, name, state, integrated)?,
            Found::Missing | Found::Damaged => restore::rebuild(store, &places, name, integrated)?,
        };
        if state.size() == 0 || lacks_a_class(store, &places)? {
            make(store, &places)?;
        }
        // Before the first leaf: leaves without a state are thus those of a state that was lost.
        if state.size() == 0 && found != Found::State(state.clone()) {
            state.write(files, &places)?;
        }
        make_derived(store, &places)?;
        pruned::restore(files, &places)?;
        let index = IndexWriter::open(store.files(), &places, state.size())?;
        Ok(Self {
            places,
            frontier: state.frontier.clone(),
            fresh: Vec::new(),
            leaves: LeafWriter::new(state.size(), state.leaf_bytes),
            nodes: NodeWriter::default(),
            parts: PartWriter::new(&state),
            index,
            grants: HashMap::new(),
            state,
        })
    }

    /// Frames before this place are in.
    pub(crate) fn position(&self) -> Position {
        self.state.position
    }

    /// Whether leaves came that the state on disk does not count.
    pub(crate) fn is_changed(&self) -> bool {
        self.size() > self.state.size()
    }

    fn size(&self) -> u64 {
        self.frontier.size() + self.fresh.len() as u64
    }

    /// Whether the files it has open are still those of the log, and its state the one on disk:
    /// who packs, seals or erases says there what it did.
    pub(crate) fn is_current(&self, files: &dyn Files) -> bool {
        let found = State::read(files, &self.places);
        let is_ours = matches!(found, Ok(Found::State(state)) if state == self.state);
        is_ours && self.parts.is_current(files, &self.places)
    }

    /// Whether every sealed part of a frame has its grant: here, in the frame, or in the file of
    /// its day, where an earlier frame brought it.
    pub(crate) fn knows_grants(
        &mut self,
        files: &Arc<dyn Files>,
        passed: &Passed<'_>,
    ) -> Result<bool, Error> {
        for stored in &passed.items {
            let Item::Part(part) = stored.item else { continue };
            let id = part.grant_id;
            let in_frame =
                |stored: &Stored<'_>| matches!(stored.item, Item::Grant(grant) if grant.id == id);
            if part.is_plain() || self.grants.contains_key(&id) || passed.items.iter().any(in_frame)
            {
                continue;
            }
            // It may be waiting to be written.
            self.parts.flush(files.as_ref(), &self.places)?;
            let stored_parts = PartFiles::new(files.clone(), self.places.clone());
            match stored_parts.grant(part.class, stored.day, &id)? {
                Some(bytes) => self.learn(id, &bytes),
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Remembers a grant whose parts may come.
    pub(crate) fn learn(&mut self, id: [u8; 16], bytes: &[u8]) {
        if self.grants.len() >= RECENT_GRANTS_MAX {
            self.grants.clear();
        }
        self.grants.insert(id, bytes.to_vec());
    }

    /// How many parts of a frame came after their keys were destroyed: no key at hand opens them.
    pub(crate) fn unopened(
        &mut self,
        record: &Record<'_>,
        passed: &Passed<'_>,
        vault: &mut Rewrapper,
    ) -> usize {
        if !vault.is_late(record.generation) {
            return 0;
        }
        let mut parts = Vec::new();
        for stored in &passed.items {
            match stored.item {
                Item::Grant(grant) => self.learn(grant.id, stored.bytes),
                Item::Part(part) => parts.push(part),
                Item::Block(_) | Item::Tomb(_) => {}
            }
        }
        let grants = &self.grants;
        vault.count_unopened(record.tenant, &parts, &|part| grants.get(&part.grant_id).cloned())
    }

    /// Takes in the next frame.
    pub(crate) fn push(
        &mut self,
        files: &Arc<dyn Files>,
        record: &Record<'_>,
        passed: &Passed<'_>,
        vault: Option<&mut Rewrapper>,
    ) -> Result<(), Error> {
        let leaf = self.size();
        self.fresh.push(passed.hash);
        if self.fresh.len() >= NODES_TOGETHER {
            self.grow();
        }
        self.leaves.push(record.leaf);
        self.index.push(leaf, &passed.facts);
        let rewrapped = vault.map(|vault| self.rewrap(record, passed, vault)).unwrap_or_default();
        let mut rewrapped = rewrapped.iter().peekable();
        for (at, Stored { item, bytes, day }) in passed.items.iter().enumerate() {
            match item {
                Item::Grant(grant) => self.learn(grant.id, bytes),
                Item::Part(part) => {
                    let (class, day) = (part.class, *day);
                    let grant = self.grants.get(&part.grant_id).map(Vec::as_slice);
                    let grant_id = part.grant_id;
                    let mut placed = Placed { leaf, class, day, bytes, grant_id, grant };
                    if let Some((_, again)) = rewrapped.next_if(|(of, _)| *of == at) {
                        placed.bytes = &again.part;
                        placed.grant_id = again.grant_id;
                        placed.grant = Some(&again.grant);
                    }
                    self.parts.push(files, &self.places, placed)?;
                }
                Item::Block(_) | Item::Tomb(_) => {}
            }
        }
        Ok(())
    }

    /// What a frame's writer could seal to the master alone, sealed again; by the item's place.
    fn rewrap(
        &mut self,
        record: &Record<'_>,
        passed: &Passed<'_>,
        vault: &mut Rewrapper,
    ) -> Vec<(usize, Rewrapped)> {
        for stored in &passed.items {
            if let Item::Grant(grant) = stored.item {
                self.learn(grant.id, stored.bytes);
            }
        }
        let parts = passed.items.iter().enumerate().filter_map(|(at, stored)| match stored.item {
            Item::Part(part) => Some((at, stored.day, part)),
            _ => None,
        });
        let (places, parts): (Vec<(usize, u32)>, Vec<_>) =
            parts.map(|(at, day, part)| ((at, day), part)).unzip();
        let is_master = |part: &Part<'_>| {
            let grant = self.grants.get(&part.grant_id).map(|bytes| Item::decode(bytes));
            matches!(grant, Some(Ok((Item::Grant(grant), _))) if grant.kind == GrantKind::Master)
        };
        if !parts.iter().any(is_master) {
            return Vec::new();
        }
        let Some((_, day)) = places.first() else { return Vec::new() };
        let Ok(Value::Object(leaf)) = json::read(record.leaf) else { return Vec::new() };
        let grants = &self.grants;
        let find = |part: &Part<'_>| grants.get(&part.grant_id).cloned();
        let again = vault.rewrap(record.tenant, &leaf, *day, &parts, &find);
        again.into_iter().filter_map(|(at, again)| Some((places.get(at)?.0, again))).collect()
    }

    /// Lets the frontier count every leaf.
    fn grow(&mut self) {
        let Self { frontier, fresh, nodes, .. } = self;
        frontier.push_all(fresh, |place, hash| nodes.push(place, hash));
        fresh.clear();
    }

    /// Makes leaves, nodes and parts durable.
    pub(crate) fn flush(&mut self, files: &dyn Files) -> Result<(), Error> {
        self.grow();
        self.leaves.flush(files, &self.places)?;
        self.nodes.flush(files, &self.places)?;
        self.parts.flush(files, &self.places)
    }

    /// Counts what was flushed: frames before `position` are in.
    pub(crate) fn commit(&mut self, files: &dyn Files, position: Position) -> Result<(), Error> {
        let state = State {
            position,
            leaf_bytes: self.leaves.file_bytes(),
            days: self.parts.lengths(),
            masters: self.parts.masters().clone(),
            frontier: self.frontier.clone(),
        };
        state.write(files, &self.places)?;
        self.state = state;
        Ok(())
    }

    /// Lets the index follow, which is derived.
    pub(crate) fn index(&mut self, files: &Arc<dyn Files>, effort: Effort) -> Result<(), Error> {
        self.index.flush(files, &self.places, self.state.size(), effort)
    }
}

/// Makes the directories of a log that has no leaf yet. All of them are made and synced each time:
/// a killed process may have left some that a power cut would take.
fn make(store: &Store, places: &TenantPlaces) -> Result<(), Error> {
    let files = store.files().as_ref();
    let own = [places.dir().to_owned(), places.leaves(), places.tree(), places.parts()];
    let classes = Class::ALL.map(|class| places.class(class));
    for dir in own.iter().chain(&classes) {
        files.create_dir(dir).doing("create", dir)?;
    }
    for dir in [places.parts(), places.dir().to_owned()] {
        files.sync_dir(&dir, Point::TenantDirSync).doing("sync", &dir)?;
    }
    let tenants = store.places().tenants();
    files.sync_dir(&tenants, Point::TenantsDirSync).doing("sync", &tenants)
}

/// Whether the directory of a class is not there: a copy lost it, because it was empty.
fn lacks_a_class(store: &Store, places: &TenantPlaces) -> Result<bool, Error> {
    let names = list_if_there(store.files().as_ref(), &places.parts())?;
    Ok(Class::ALL.iter().any(|class| !names.iter().any(|name| name == class.as_str())))
}

/// Makes the directories of what is derived, which may be deleted at any time.
fn make_derived(store: &Store, places: &TenantPlaces) -> Result<(), Error> {
    let dirs = [places.index(), places.offsets_dir(), places.keys(), places.part_marks_dir()];
    for dir in &dirs {
        store.files().create_dir(dir).doing("create", dir)?;
    }
    Ok(())
}
