//! Given the write-ahead log, says which bytes of it are not as they were written.
//!
//! Others may append meanwhile, and this takes no lock: what looks damaged is looked at again, and
//! only what stays so is told. A frame is written before the next one is begun, so bytes that are
//! no frame and have whole frames behind them are damage, however busy the log is.

use tacho_tree::audit::{Code, Report, Spot};

use super::unreadable;
use crate::error::Error;
use crate::integrated;
use crate::places::segment_number;
use crate::store::Store;
use crate::wal::scan::Judge;
use crate::wal::segment::FIRST_FRAME;
use crate::wal::{Damage, DamageKind, Item, Position, Walk};

/// How often what looks damaged is looked at again, and how long between two looks.
const LOOKS: u32 = 4;
const LOOK_PAUSE_MICROS: u64 = 25_000;

pub(super) fn check(store: &Store, report: &mut Report) {
    let mut suspects = match damages(store) {
        Ok(suspects) => suspects,
        Err(error) => return unreadable(&error, report),
    };
    for _ in 0..LOOKS {
        if suspects.is_empty() {
            return;
        }
        store.files().pause(LOOK_PAUSE_MICROS);
        match damages(store) {
            Ok(again) => suspects.retain(|suspect| again.iter().any(|one| is_same(one, suspect))),
            Err(error) => return unreadable(&error, report),
        }
    }
    for damage in suspects {
        tell(store, &damage, report);
    }
}

fn is_same(one: &Damage, other: &Damage) -> bool {
    (one.segment, one.from, one.kind) == (other.segment, other.from, other.kind)
}

/// Everything in the log that looks damaged now.
fn damages(store: &Store) -> Result<Vec<Damage>, Error> {
    let (files, places) = (store.files().clone(), store.places().clone());
    // A damaged position is told elsewhere; the walk then begins with the first segment.
    let integrated = match integrated::read(files.as_ref(), &places) {
        Err(Error::Damaged { .. }) => Position::START,
        outcome => outcome?,
    };
    let dir = places.wal();
    let names =
        files.list(&dir).map_err(|source| Error::Io { doing: "list", path: dir, source })?;
    let first = names.iter().filter_map(|name| segment_number(name)).min();
    // Segments before the integrated position may be gone; whichever are there are looked at.
    let from = match first {
        Some(first) if first <= integrated.segment => {
            Position { segment: first, offset: FIRST_FRAME }
        }
        _ => integrated,
    };
    let mut walk = Walk::new(files, places, from, Judge::Holding);
    let mut found = Vec::new();
    loop {
        match walk.next_item()? {
            Item::Frame { .. } => {}
            Item::Damage(damage) => found.push(damage),
            Item::Unclear(_) | Item::End(_) => return Ok(found),
        }
    }
}

fn tell(store: &Store, damage: &Damage, report: &mut Report) {
    let Damage { segment, from, to, kind } = *damage;
    let code = match kind {
        // What a crash leaves, and what the store itself noted and mended.
        DamageKind::Torn => Code::WalTorn,
        DamageKind::FailedSync { lost: 0 } => return,
        _ => Code::WalDamaged,
    };
    let spot = Spot::file(store.places().segment(segment).display()).at(from);
    report.find(code, spot, format!("{}: bytes {from} to {to}", kind.code()));
}
