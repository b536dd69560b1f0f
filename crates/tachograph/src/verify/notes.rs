//! Given a log, gives the heads it must agree with: its checkpoint, the notes that were kept beside
//! it, and those that whoever asks brought along.

use std::io::ErrorKind;

use tacho_tree::audit::{Code, Heads, Report, Source, kept_notes};
use tacho_tree::limits::NOTE_BYTES_MAX;
use tacho_tree::note::NoteError;
use tacho_tree::{Note, VerifierKey};

use super::{Options, rotations, told};
use crate::files::read_small;
use crate::limits::KEPT_NOTES_BYTES_MAX;
use crate::sign;
use crate::store::Store;
use crate::tenant::TenantPlaces;

pub(super) fn read(
    store: &Store,
    tenant: &str,
    options: &Options<'_>,
    report: &mut Report,
) -> Heads {
    let places = &TenantPlaces::new(store.places(), tenant);
    let mut of_notes = Report::default();
    let notes = gather(store, places, options, &mut of_notes);
    let keys = keys(store, (tenant, places), options, &notes, report);
    report.absorb(of_notes);
    let mut heads = Heads::new();
    for (place, bytes, source) in &notes {
        heads.add(place, bytes, *source, &keys, report);
    }
    for (place, head) in &options.marks {
        heads.expect(place, *head, Source::Outside);
    }
    heads
}

/// The place of a note, its bytes, and whose it is.
type Found = (String, Vec<u8>, Source);

fn gather(
    store: &Store,
    places: &TenantPlaces,
    options: &Options<'_>,
    report: &mut Report,
) -> Vec<Found> {
    let files = store.files().as_ref();
    let mut notes = Vec::new();
    let path = places.checkpoint();
    let place = path.display().to_string();
    match read_small(files, &path, NOTE_BYTES_MAX) {
        Ok(bytes) => notes.push((place, bytes, Source::Latest)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            report.find(Code::NoCheckpoint, place, "is missing");
        }
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            report.find(Code::FileMalformed, place, error);
        }
        Err(error) => report.find(Code::Unreadable, place, error),
    }
    let path = places.checkpoints_log();
    let place = path.display().to_string();
    match read_small(files, &path, KEPT_NOTES_BYTES_MAX) {
        Ok(bytes) => {
            let kept = kept_notes(&place, &bytes, report).into_iter();
            let entry = |(number, note): (_, &[u8])| {
                (format!("{place} entry {number}"), note.to_vec(), Source::Kept)
            };
            notes.extend(kept.map(entry));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => report.find(Code::Unreadable, place, error),
    }
    let outside = options.against.iter().cloned();
    notes.extend(outside.map(|(place, bytes)| (place, bytes, Source::Outside)));
    notes
}

/// The keys that may have signed: those that are trusted, and those that rotations join to them
/// where a note, or a key beside the log, is of none of them.
fn keys(
    store: &Store,
    (tenant, places): (&str, &TenantPlaces),
    options: &Options<'_>,
    notes: &[Found],
    report: &mut Report,
) -> Vec<VerifierKey> {
    let path = places.vkeys().display().to_string();
    let beside = match sign::vkeys(store.files().as_ref(), places) {
        Ok(keys) => keys,
        Err(crate::Error::Damaged { .. }) => {
            report.find(Code::FileMalformed, path.as_str(), "it holds what is no key");
            Vec::new()
        }
        Err(error) => {
            report.find(Code::Unreadable, path.as_str(), told(&error));
            Vec::new()
        }
    };
    let is_trusted = !options.keys.is_empty();
    if beside.is_empty() && !is_trusted {
        report.find(Code::NoKey, path, "no key lies beside the log");
        return beside;
    }
    let mut keys = if is_trusted { options.keys.clone() } else { beside.clone() };
    let is_strange = |keys: &[VerifierKey]| beside.iter().any(|key| !keys.contains(key));
    if is_strange(&keys) || notes.iter().any(|(_, bytes, _)| is_of_none(bytes, &keys)) {
        keys.extend(rotations::follow(store, tenant, &keys, report));
    }
    if !is_trusted {
        report.limit("who signed: the key was taken from the log itself; give --vkey to know");
    } else if let Some(key) = beside.iter().find(|key| !keys.contains(key)) {
        let what = format!("it offers {}+{}, which is not trusted", key.name(), key.id());
        report.find(Code::UnknownKey, path, what);
    }
    keys
}

/// Whether this is a note that none of the keys signed.
fn is_of_none(bytes: &[u8], keys: &[VerifierKey]) -> bool {
    Note::parse(bytes).is_ok_and(|note| note.verify(keys) == Err(NoteError::NoKnownSignature))
}
