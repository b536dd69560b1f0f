//! Given a tenant's directory, gives what is known of each anchor, and keeps it.
//!
//! ```text
//! witness witness.example.com/w1 70000 1 1763632800000000 1763632800000000 0 1763632800000000 -
//! sum 5d41402a
//! ```
//! Kind, name, then what `Seen` has, when the log was told last, and of what trouble. Everything
//! here can be found out again by asking, so nothing of it is synced, and a file that is damaged is
//! as good as none.

use std::collections::BTreeMap;
use std::io::ErrorKind;

use tacho_event::Timestamp;
use tacho_tree::audit::AnchorKind;

use super::cadence::Seen;
use crate::checksum;
use crate::error::{Doing, Error};
use crate::files::replace::{create_afresh, unfinished};
use crate::files::{Files, Point, read_small, write_all_at};
use crate::limits::{ANCHORS_MAX, STATE_FILE_BYTES_MAX};
use crate::tenant::TenantPlaces;

/// Bytes of the file: a line of at most 512 for each anchor.
const BYTES_MAX: usize = STATE_FILE_BYTES_MAX + ANCHORS_MAX * 512;

/// What is known of one anchor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) seen: Seen,
    /// When the log was told of it last.
    pub(super) told: Timestamp,
    /// The code of the trouble it is in; none if it is in none.
    pub(super) trouble: Option<String>,
}

/// What is known of all anchors of one log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AnchorState {
    pub(super) rows: BTreeMap<(AnchorKind, String), Row>,
}

impl AnchorState {
    pub(super) fn read(files: &dyn Files, places: &TenantPlaces) -> Result<Self, Error> {
        let path = places.anchor_state();
        match read_small(files, &path, BYTES_MAX) {
            Ok(bytes) => Ok(Self::decode(&bytes).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) if error.kind() == ErrorKind::InvalidData => Ok(Self::default()),
            Err(error) => Err(error).doing("read", &path),
        }
    }

    /// Replaces the file; the caller holds the lock of the anchors.
    pub(super) fn write(&self, files: &dyn Files, places: &TenantPlaces) -> Result<(), Error> {
        let path = places.anchor_state();
        let draft = unfinished(&path);
        let file = create_afresh(files, &draft)?;
        write_all_at(file.as_ref(), self.encode().as_bytes(), 0).doing("write", &draft)?;
        files.rename(&draft, &path, Point::AnchorStateRename).doing("rename", &draft)
    }

    pub(super) fn get(&self, kind: AnchorKind, name: &str) -> Row {
        self.rows.get(&(kind, name.to_owned())).cloned().unwrap_or_default()
    }

    fn encode(&self) -> String {
        let mut text = String::new();
        for ((kind, name), Row { seen, told, trouble }) in &self.rows {
            let Seen { size, own, anchored, tried, failures } = seen;
            let (anchored, tried, told) = (anchored.micros(), tried.micros(), told.micros());
            let trouble = trouble.as_deref().unwrap_or("-");
            text.push_str(&format!(
                "{kind} {name} {size} {own} {anchored} {tried} {failures} {told} {trouble}\n"
            ));
        }
        let sum = checksum::of(text.as_bytes());
        text.push_str(&format!("sum {sum:08x}\n"));
        text
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let text = str::from_utf8(bytes).ok()?;
        let rows = text.lines().take_while(|line| !line.starts_with("sum ")).map(row);
        let state = Self { rows: rows.collect::<Option<_>>()? };
        (state.encode() == text).then_some(state)
    }
}

fn row(line: &str) -> Option<((AnchorKind, String), Row)> {
    let words: Vec<&str> = line.split(' ').collect();
    let [kind, name, size, own, anchored, tried, failures, told, trouble] = words.as_slice() else {
        return None;
    };
    let time = |micros: &str| Some(Timestamp::from_micros(micros.parse().ok()?));
    let seen = Seen {
        size: size.parse().ok()?,
        own: own.parse().ok()?,
        anchored: time(anchored)?,
        tried: time(tried)?,
        failures: failures.parse().ok()?,
    };
    let trouble = (*trouble != "-").then(|| (*trouble).to_owned());
    let row = Row { seen, told: time(told)?, trouble };
    Some(((AnchorKind::parse(kind)?, (*name).to_owned()), row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_back_and_every_flipped_bit_makes_it_none() {
        let mut state = AnchorState::default();
        let time = Timestamp::from_micros(1_763_632_800_000_000);
        let seen = Seen { size: 7, own: 1, anchored: time, tried: time, failures: 3 };
        let row = Row { seen, told: time, trouble: Some("anchor-fork".to_owned()) };
        state.rows.insert((AnchorKind::Witness, "w.example.com/1".to_owned()), row);
        state.rows.insert((AnchorKind::Copy, "git".to_owned()), Row::default());
        let bytes = state.encode().into_bytes();
        assert_eq!(AnchorState::decode(&bytes), Some(state));
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(AnchorState::decode(&bytes), None, "bit {bit}");
        }
        assert_eq!(AnchorState::decode(&bytes[..bytes.len() - 1]), None);
    }
}
