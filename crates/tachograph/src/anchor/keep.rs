//! Given what an anchor answered, keeps it beside the log; gives back what was kept.
//!
//! ```text
//! anchors/00000000000000000001.anchors    entries one after another, in files of about a MiB; the
//!                                         name is the number of the first
//! anchors/state                           what is known of each anchor (`state`)
//! anchors/lock                            held by whoever writes one of these
//! ```
//! An entry is `tacho_tree::audit::AnchorEntry`. What a crash leaves of one is written over by the
//! next. Files are never changed otherwise: what an anchor said once is said for ever.

use tacho_tree::audit::{AnchorEntry, AnchorKind, Report, anchor_entries};
use tacho_tree::witness::parse_cosignatures;
use tacho_tree::{Checkpoint, Note};

use crate::error::{Doing, Error};
use crate::files::exclusive::{Exclusive, Taken};
use crate::files::grow::{list_if_there, open_or_create};
use crate::files::{Files, Point, read_small, write_all_at};
use crate::limits::{ANCHOR_FILE_BYTES, ANCHOR_WAIT_MICROS};
use crate::tenant::{TenantPlaces, anchor_file_first};

/// The longest file: the last entry may reach beyond the bound.
pub(crate) const FILE_BYTES_MAX: usize = ANCHOR_FILE_BYTES + (256 << 10);

/// One anchor that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnchor {
    /// Its running number, from 1.
    pub number: u64,
    /// Who was asked: the kind,
    pub kind: AnchorKind,
    /// and the name.
    pub name: String,
    /// When it was kept, by the log's own clock.
    pub time: String,
    /// The note that was shown.
    pub note: Vec<u8>,
    /// What came back.
    pub evidence: Vec<u8>,
}

impl KeptAnchor {
    /// Leaves of the log that it was shown; none if the note is no checkpoint.
    pub fn size(&self) -> Option<u64> {
        let note = Note::parse(&self.note).ok()?;
        Some(Checkpoint::parse(note.text()).ok()?.head.size)
    }

    fn of(entry: &AnchorEntry<'_>) -> Self {
        let AnchorEntry { number, kind, name, time, note, evidence } = entry;
        Self {
            number: *number,
            kind: *kind,
            name: (*name).to_owned(),
            time: (*time).to_owned(),
            note: note.to_vec(),
            evidence: evidence.to_vec(),
        }
    }
}

/// Takes the lock of a log's anchors; none if somebody else keeps it.
pub(super) fn lock(files: &dyn Files, places: &TenantPlaces) -> Result<Option<Exclusive>, Error> {
    files.create_dir(&places.anchors()).doing("create", &places.anchors())?;
    let mut lock = Exclusive::new(places.anchor_lock(), Point::AnchorLock);
    Ok(match lock.take(files, ANCHOR_WAIT_MICROS)? {
        Taken::No => None,
        Taken::Again | Taken::Anew => Some(lock),
    })
}

/// Appends one entry, durably; its number is given by what stands before it. The caller holds the
/// lock.
pub(super) fn append(
    files: &dyn Files,
    places: &TenantPlaces,
    entry: AnchorEntry<'_>,
) -> Result<u64, Error> {
    let last = firsts(files, places)?.pop();
    let (mut first, mut end, mut number) = (1, 0, 1);
    if let Some(last) = last {
        let path = places.anchor_file(last);
        let bytes = read_small(files, &path, FILE_BYTES_MAX).doing("read", &path)?;
        (first, number) = (last, last);
        while let Some((entry, length)) = AnchorEntry::parse(bytes.get(end..).unwrap_or_default()) {
            end += length;
            number = entry.number + 1;
        }
        if end >= ANCHOR_FILE_BYTES {
            (first, end) = (number, 0);
        }
    }
    let path = places.anchor_file(first);
    let file = open_or_create(files, &path)?;
    file.set_len(end as u64).doing("cut", &path)?;
    let bytes = AnchorEntry { number, ..entry }.encode();
    write_all_at(file.as_ref(), &bytes, end as u64).doing("write", &path)?;
    file.sync_data(Point::AnchorSync).doing("sync", &path)?;
    let dir = places.anchors();
    files.sync_dir(&dir, Point::AnchorDirSync).doing("sync", &dir)?;
    files.sync_dir(places.dir(), Point::AnchorDirSync).doing("sync", places.dir())?;
    Ok(number)
}

/// The numbers that the files of anchors begin with, in order.
pub(crate) fn firsts(files: &dyn Files, places: &TenantPlaces) -> Result<Vec<u64>, Error> {
    let names = list_if_there(files, &places.anchors())?;
    Ok(names.iter().filter_map(|name| anchor_file_first(name)).collect())
}

/// The last `count` anchors or a few more, oldest first.
///
/// # Errors
/// What reading said.
pub fn kept(
    files: &dyn Files,
    places: &TenantPlaces,
    count: usize,
) -> Result<Vec<KeptAnchor>, Error> {
    let mut all: Vec<KeptAnchor> = Vec::new();
    for first in firsts(files, places)?.into_iter().rev() {
        if all.len() >= count {
            break;
        }
        let path = places.anchor_file(first);
        let bytes = read_small(files, &path, FILE_BYTES_MAX).doing("read", &path)?;
        let place = path.display().to_string();
        let entries = anchor_entries(&place, &bytes, &mut Report::default());
        let mut kept: Vec<_> = entries.iter().map(KeptAnchor::of).collect();
        kept.append(&mut all);
        all = kept;
    }
    Ok(all)
}

/// The newest note that witnesses cosigned, with their lines under it; none if there is none among
/// the newest anchors.
///
/// # Errors
/// What reading said.
pub fn cosigned(files: &dyn Files, places: &TenantPlaces) -> Result<Option<Note>, Error> {
    let mut newest: Option<(u64, Note)> = None;
    for kept in kept(files, places, 64)? {
        if kept.kind != AnchorKind::Witness {
            continue;
        }
        let (Some(size), Ok(note)) = (kept.size(), Note::parse(&kept.note)) else { continue };
        let Ok(signatures) = parse_cosignatures(&kept.evidence) else { continue };
        match &newest {
            Some((had, _)) if *had > size => continue,
            Some((had, before)) if *had == size && before.text() == note.text() => {}
            _ => newest = Some((size, note)),
        }
        if let Some((_, note)) = &mut newest {
            for signature in signatures {
                // A witness that was asked twice signs once.
                let _ = note.add(signature);
            }
        }
    }
    Ok(newest.map(|(_, note)| note))
}
