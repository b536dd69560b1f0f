//! Given a log, gives the heads it must agree with: its checkpoint, the notes that were kept beside
//! it, and those that whoever asks brought along.

use std::io::ErrorKind;

use tacho_tree::VerifierKey;
use tacho_tree::audit::{Code, Heads, Report, Source, kept_notes};
use tacho_tree::limits::NOTE_BYTES_MAX;

use super::{Options, told};
use crate::files::read_small;
use crate::limits::KEPT_NOTES_BYTES_MAX;
use crate::sign;
use crate::store::Store;
use crate::tenant::TenantPlaces;

pub(super) fn read(
    store: &Store,
    places: &TenantPlaces,
    options: &Options<'_>,
    keys: &[VerifierKey],
    report: &mut Report,
) -> Heads {
    let files = store.files().as_ref();
    let mut heads = Heads::new();
    let path = places.checkpoint();
    let place = path.display().to_string();
    match read_small(files, &path, NOTE_BYTES_MAX) {
        Ok(bytes) => heads.add(&place, &bytes, Source::Latest, keys, report),
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
            for (number, note) in kept_notes(&place, &bytes, report) {
                heads.add(&format!("{place} entry {number}"), note, Source::Kept, keys, report);
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => report.find(Code::Unreadable, place, error),
    }
    for (place, bytes) in &options.against {
        heads.add(place, bytes, Source::Outside, keys, report);
    }
    for (place, head) in &options.marks {
        heads.expect(place, *head, Source::Outside);
    }
    heads
}

pub(super) fn keys(
    store: &Store,
    places: &TenantPlaces,
    options: &Options<'_>,
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
    if !options.keys.is_empty() {
        let strange = beside.iter().find(|key| !options.keys.contains(key));
        if let Some(key) = strange {
            let what = format!("it offers {}+{}, which is not trusted", key.name(), key.id());
            report.find(Code::UnknownKey, path, what);
        }
        return options.keys.clone();
    }
    if beside.is_empty() {
        report.find(Code::NoKey, path, "no key lies beside the log");
    } else {
        report.limit("who signed: the key was taken from the log itself; give --vkey to know");
    }
    beside
}
