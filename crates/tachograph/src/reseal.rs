//! Given a preset that changed, seals the parts that are plain, or opens those that are sealed.
//!
//! ```text
//! 1 go on with erasures that were interrupted; integrate
//! 2 record `tacho.reseal.begin` {to, files, parts}, durably: before anything is opened
//! 3 make keys for the days that were plain and have none
//! 4 one day file after the other: build it anew (`crate::pack`), each under `integrate.lock`
//! 5 to seal: let the other rooms forget those days, write zeros over the integrated segments
//! 6 record `tacho.reseal.done` {to, files, parts, left}
//! ```
//!
//! Digests stay, so leaves, proofs and signatures hold; tombstones stay, and what is held, for
//! nothing is lost. A part is sealed to its day, and to the person its event is about. It is done
//! again after a crash: what is as it should be is not touched, and a run that a crash ended is
//! ended by the next one. What writers of another preset record meanwhile comes as they keep it,
//! and is told.

use std::collections::HashSet;

use tacho_event::Draft;
use tacho_event::privacy::{Class, Preset};

use crate::erase::{Eraser, Gone};
use crate::error::{Doing, Error};
use crate::files::grow::list_if_there;
use crate::generation;
use crate::limits::{PACK_DAY_BYTES_MAX, RESEAL_ROUNDS_MAX, RESEAL_SEARCHED_MAX};
use crate::log::{Log, Order, Query};
use crate::pack::{self, Custom, Due};
use crate::sign::is_of_keys;
use crate::store::Store;
use crate::tenant::TenantPlaces;
use crate::vault::{Custody, Item, OpenGrants, Sealer, VaultError, Writer, hold as held};

/// How parts are to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// Sealed: who has the store alone reads nothing.
    Sealed,
    /// Plain, detached.
    Open,
}

/// What is not kept as it should be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Day files, and how many of their parts.
    pub due: Vec<(Due, u64)>,
    /// Day files that are too long to be built anew.
    pub too_long: Vec<Due>,
    /// Refused frames and bad ranges of the whole store: they stay as they are.
    pub quarantined: u64,
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Day files that were built anew.
    pub files: u64,
    /// Their parts that are kept as asked now.
    pub parts: u64,
    /// Parts that are not: no key opens them, or a writer of another preset was here meanwhile.
    pub left: u64,
}

/// Told after each day file: parts that were dealt with, and how many there are.
pub type Progress<'p> = &'p mut dyn FnMut(u64, u64);

const BEGIN: &str = "tacho.reseal.begin";
const DONE: &str = "tacho.reseal.done";

impl Aim {
    /// How parts are kept under a preset.
    pub fn of(preset: Preset) -> Self {
        if Custody::seals(preset) { Self::Sealed } else { Self::Open }
    }

    /// `sealed` or `open`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::Open => "open",
        }
    }

    /// Whether what is plain, or is not, is to be kept otherwise.
    fn is_other(self, is_plain: bool) -> bool {
        is_plain == (self == Self::Sealed)
    }

    fn custom(self) -> Custom {
        match self {
            Self::Sealed => Custom::Sealed,
            Self::Open => Custom::Open,
        }
    }
}

impl Plan {
    /// Parts that are not kept as they should be.
    pub fn parts(&self) -> u64 {
        self.due.iter().map(|(_, parts)| parts).sum()
    }
}

/// What of a tenant is not kept as it should be, among what is integrated. Changes nothing, and
/// needs no keys.
///
/// # Errors
/// What the disk said, or that a day file is damaged.
pub fn plan(store: &Store, tenant: &str, aim: Aim) -> Result<Plan, VaultError> {
    let places = TenantPlaces::new(store.places(), tenant);
    let files = store.files().as_ref();
    let log = Log::of(store, tenant)?;
    let quarantine = store.places().quarantine();
    let mut plan = Plan::default();
    for name in list_if_there(files, &quarantine)? {
        let path = quarantine.join(name);
        plan.quarantined += u64::from(files.stat(&path).doing("stat", &path)?.len > 0);
    }
    for class in Class::ALL {
        for day in log.part_files().days(class)? {
            let path = places.day_file(class, day);
            let bytes = files.stat(&path).doing("stat", &path)?.len;
            let due = Due { tenant: tenant.to_owned(), class, day, bytes };
            let counted = log.counted_bytes(class, day);
            let parts = others(&log, (class, day), counted, aim)?;
            if parts == 0 && !pack::is_unsettled(files, &path)? {
                continue;
            }
            match bytes <= PACK_DAY_BYTES_MAX {
                true => plan.due.push((due, parts)),
                false => plan.too_long.push(due),
            }
        }
    }
    Ok(plan)
}

/// How many day files of a tenant begin with a part that is not kept as it should be: a look at the
/// beginning of each, for who tells in passing that there is something to do. [`plan`] knows.
///
/// # Errors
/// What the disk said, or that a day file is damaged.
pub fn glance(store: &Store, tenant: &str, aim: Aim) -> Result<u64, VaultError> {
    let log = Log::of(store, tenant)?;
    let mut others = 0;
    // The log's own keys, whose evidence is never sealed, are left to the plan.
    for class in [Class::Content, Class::Identity] {
        for day in log.part_files().days(class)? {
            let Some(mut records) = log.part_files().day(class, day)? else { continue };
            while let Some(record) = records.next_record()? {
                let is_plain = match record.item {
                    Item::Part(part) => part.is_plain(),
                    Item::Block(block) if block.entries().next().is_some() => block.is_plain(),
                    _ => continue,
                };
                others += u64::from(aim.is_other(is_plain));
                break;
            }
        }
    }
    Ok(others)
}

/// How many parts of a day file are not as they should be.
fn others(
    log: &Log,
    (class, day): (Class, u32),
    counted: Option<u64>,
    aim: Aim,
) -> Result<u64, Error> {
    let Some(mut records) = log.part_files().day(class, day)? else { return Ok(0) };
    counted.into_iter().for_each(|end| records.end_at(end));
    let mut others = 0;
    while let Some(record) = records.next_record()? {
        let is_other = match record.item {
            Item::Part(part) => aim.is_other(part.is_plain()),
            Item::Block(block) => aim.is_other(block.is_plain()),
            _ => false,
        };
        if !is_other {
            continue;
        }
        for leaf in record.leaves() {
            // What a log says of its own keys is never sealed.
            let may_be = class == Class::Evidence && aim == Aim::Sealed;
            let is_for_all = may_be && log.get(leaf)?.is_some_and(|one| is_of_keys(&one.leaf));
            others += u64::from(!is_for_all);
        }
    }
    Ok(others)
}

/// Keeps all parts of a tenant as they should be.
///
/// # Errors
/// Why it is not done; doing it again goes on.
pub fn apply(
    eraser: &mut Eraser,
    tenant: &str,
    aim: Aim,
    progress: Progress<'_>,
) -> Result<Resealed, VaultError> {
    // Erasures know where in a day file they will write: nobody may move it meanwhile.
    let lock = eraser.lock()?;
    let outcome = eraser.resume_locked().and_then(|_| run(eraser, tenant, aim, progress));
    lock.give_back();
    outcome
}

fn run(
    eraser: &mut Eraser,
    tenant: &str,
    aim: Aim,
    progress: Progress<'_>,
) -> Result<Resealed, VaultError> {
    eraser.integrate()?;
    let mut due = plan(&eraser.store, tenant, aim)?;
    if due.due.is_empty() && !is_unfinished(&eraser.store, tenant)? {
        return Ok(Resealed::default());
    }
    let counts = [("files", due.due.len() as u64), ("parts", due.parts())];
    say(eraser, tenant, aim, BEGIN, &counts)?;
    let (mut done, mut seen) = (Resealed::default(), HashSet::new());
    let (mut dealt, mut all) = (0, due.parts());
    for _ in 0..RESEAL_ROUNDS_MAX {
        let days: Vec<(Class, u32)> = due.due.iter().map(|(due, _)| (due.class, due.day)).collect();
        if aim == Aim::Sealed {
            held(&eraser.ring).prepare_days(tenant, &days)?;
        }
        for (file, parts) in &due.due {
            let packed = rewrite(eraser, file, aim)?;
            done.files += 1;
            done.parts += parts.saturating_sub(packed.left);
            dealt += parts;
            progress(dealt, all.max(dealt));
        }
        seen.extend(due.due.drain(..).map(|(due, parts)| (due.class, due.day, parts)));
        // Who still keeps parts the other way may have recorded meanwhile.
        eraser.integrate()?;
        due = plan(&eraser.store, tenant, aim)?;
        done.left = due.parts();
        due.due.retain(|(due, parts)| !seen.contains(&(due.class, due.day, *parts)));
        if due.due.is_empty() {
            break;
        }
        all += due.parts();
    }
    if aim == Aim::Sealed {
        empty_wal(eraser)?;
    }
    pack::sync_names(&eraser.store, tenant)?;
    let counts = [("files", done.files), ("parts", done.parts), ("left", done.left)];
    say(eraser, tenant, aim, DONE, &counts)?;
    Ok(done)
}

fn rewrite(eraser: &Eraser, due: &Due, aim: Aim) -> Result<pack::Packed, VaultError> {
    let (store, world, ring) = (&eraser.store, &eraser.world, &eraser.ring);
    let packed = eraser
        .integrator()
        .exclusively(|_| pack::rewrite(store, world, Some(ring), due, aim.custom()))?;
    if aim == Aim::Sealed {
        // What was made of these parts when they were plain is made again.
        let gone = Gone { tenant: &due.tenant, parts: &[], days: &[(due.class, due.day)] };
        eraser.reaches.iter().try_for_each(|room| room.purge(&gone))?;
    }
    Ok(packed)
}

/// The frames of what was plain are integrated: zeros are written over them.
fn empty_wal(eraser: &Eraser) -> Result<(), VaultError> {
    eraser.integrator().exclusively(|integrator| {
        integrator.run_whole()?;
        integrator.wal().retire_shredding()?;
        Ok(())
    })
}

/// Whether the last run was interrupted: it said that it begins, and not that it is done.
fn is_unfinished(store: &Store, tenant: &str) -> Result<bool, Error> {
    let log = Log::of(store, tenant)?;
    let newest = log.query(Query { order: Order::Newest, ..Query::default() })?;
    for entry in newest.take(RESEAL_SEARCHED_MAX) {
        let leaf = entry?.leaf;
        let action = leaf.object("action");
        match action.and_then(|action| action.str("name")) {
            Some(BEGIN) => return Ok(true),
            Some(DONE) => return Ok(false),
            _ => {}
        }
    }
    Ok(false)
}

/// Records an event of this operation, kept as its aim is.
fn say(
    eraser: &Eraser,
    tenant: &str,
    aim: Aim,
    name: &str,
    counts: &[(&str, u64)],
) -> Result<(), VaultError> {
    let draft = Draft::system(name).with("action.system.to", aim.as_str());
    let draft = counts
        .iter()
        .fold(draft, |draft, (name, count)| draft.with(&format!("action.system.{name}"), *count));
    let (files, places) = (eraser.store.files(), eraser.store.places());
    let writer = match aim {
        Aim::Sealed => Sealer::with_ring(eraser.ring.clone(), tenant)?.into(),
        Aim::Open => Writer::Plain {
            grants: OpenGrants::new(),
            generation: generation::read(files.as_ref(), places)?,
        },
    };
    eraser.record_by(tenant, draft, writer)
}
