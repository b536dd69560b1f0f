//! The file `state`: how far a tenant's log was integrated, and the edge of its tree.
//!
//! ```text
//!  0 "TST2"
//!  4 u64 segment | 12 u64 offset      frames of this tenant before this place are leaves
//! 20 u64 bytes of the last leaf file
//! 28 u16 n | n x (u8 class | u32 day | u64 bytes)    the day files written last, and their lengths
//!  . u16 m | m x (u8 class | u32 day)   the day files that may hold grants of the master
//!  . u64 leaves | peaks 32 each       the frontier, as the tree crate writes it
//!  . u32 crc32c of all before
//! ```
//!
//! A state that does not know where grants of the master stand, as one that was worked out again or
//! one with too many of them, begins with `TST1` and says nothing between days and leaves.
//!
//! What lies beyond the state in any file is the rest of an interrupted batch, which the WAL still
//! holds. A state that was lost is worked out again from the leaves.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use tacho_event::privacy::Class;
use tacho_tree::Frontier;

use crate::checksum;
use crate::error::{Doing, Error};
use crate::files::replace::{Steps, replace};
use crate::files::{Files, Point, read_small};
use crate::limits::{MASTER_DAYS_MAX, PART_FILES_OPEN_MAX, STATE_FILE_BYTES_MAX};
use crate::tenant::TenantPlaces;
use crate::wal::Position;
use crate::wal::field::{u16_at, u32_at, u64_at};

const MAGIC: &[u8; 4] = b"TST2";
/// Of a state that names no day files with grants of the master: who looks for them walks all.
const UNTOLD: &[u8; 4] = b"TST1";
const DAYS_AT: usize = 30;
const DAY_BYTES: usize = 13;
const MASTER_BYTES: usize = 5;

/// How far one tenant's log was integrated.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    /// Frames of this tenant before this place are leaves.
    pub position: Position,
    /// Bytes of the last leaf file.
    pub leaf_bytes: u64,
    /// The day files written last, and how long they were.
    pub days: Vec<DayLength>,
    /// The day files that may hold grants of the master; none where that is not known.
    pub masters: Masters,
    /// The tree over the leaves.
    pub frontier: Frontier,
}

/// Day files that may hold grants of the master; none for any of them.
pub(crate) type Masters = Option<BTreeSet<(Class, u32)>>;

/// How long a day file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayLength {
    /// Its class.
    pub class: Class,
    /// Its day.
    pub day: u32,
    /// Its bytes.
    pub bytes: u64,
}

/// What stands at the place of a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A state.
    State(State),
    /// Nothing.
    Missing,
    /// Bytes that are no state.
    Damaged,
}

impl State {
    /// Leaves that were integrated.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The bytes drawn at the top of this file.
    pub fn encode(&self) -> Vec<u8> {
        let masters = self.masters.as_ref().filter(|masters| masters.len() <= MASTER_DAYS_MAX);
        let mut bytes = if masters.is_some() { MAGIC } else { UNTOLD }.to_vec();
        bytes.extend_from_slice(&self.position.segment.to_be_bytes());
        bytes.extend_from_slice(&self.position.offset.to_be_bytes());
        bytes.extend_from_slice(&self.leaf_bytes.to_be_bytes());
        assert!(self.days.len() <= PART_FILES_OPEN_MAX, "a state names few day files");
        let count = u16::try_from(self.days.len()).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&count.to_be_bytes());
        for day in &self.days {
            bytes.push(day.class.byte());
            bytes.extend_from_slice(&day.day.to_be_bytes());
            bytes.extend_from_slice(&day.bytes.to_be_bytes());
        }
        if let Some(masters) = masters {
            bytes.extend_from_slice(&u16::try_from(masters.len()).unwrap_or(0).to_be_bytes());
            for (class, day) in masters {
                bytes.push(class.byte());
                bytes.extend_from_slice(&day.to_be_bytes());
            }
        }
        bytes.extend_from_slice(&self.frontier.to_bytes());
        bytes.extend_from_slice(&checksum::of(&bytes).to_be_bytes());
        bytes
    }

    /// Reads what [`State::encode`] wrote; none for anything else.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (checked, crc) = bytes.split_last_chunk::<4>()?;
        let is_told = checked.starts_with(MAGIC);
        if u32_at(crc, 0)? != checksum::of(checked) || !is_told && !checked.starts_with(UNTOLD) {
            return None;
        }
        let count = usize::from(u16_at(checked, DAYS_AT - 2)?);
        let days = checked.get(DAYS_AT..DAYS_AT + count * DAY_BYTES)?;
        let rest = checked.get(DAYS_AT + count * DAY_BYTES..)?;
        if count > PART_FILES_OPEN_MAX {
            return None;
        }
        let (masters, frontier) = if is_told { masters(rest)? } else { (None, rest) };
        Some(Self {
            position: Position { segment: u64_at(checked, 4)?, offset: u64_at(checked, 12)? },
            leaf_bytes: u64_at(checked, 20)?,
            days: days.chunks_exact(DAY_BYTES).map(day_length).collect::<Option<_>>()?,
            masters,
            frontier: Frontier::from_bytes(frontier).ok()?,
        })
    }

    /// Reads a tenant's state.
    ///
    /// # Errors
    /// What reading said.
    pub fn read(files: &dyn Files, places: &TenantPlaces) -> Result<Found, Error> {
        let path = places.state();
        let bytes = match read_small(files, &path, STATE_FILE_BYTES_MAX) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Missing),
            Err(error) if error.kind() == ErrorKind::InvalidData => return Ok(Found::Damaged),
            outcome => outcome.doing("read", &path)?,
        };
        Ok(Self::decode(&bytes).map_or(Found::Damaged, Found::State))
    }

    /// Replaces the tenant's state; when this returns, it survives a power cut.
    pub(crate) fn write(&self, files: &dyn Files, places: &TenantPlaces) -> Result<(), Error> {
        let steps = Steps {
            sync: Point::StateSync,
            rename: Point::StateRename,
            dir: Some(Point::StateDirSync),
        };
        replace(files, &places.state(), &self.encode(), steps)
    }
}

fn day_length(bytes: &[u8]) -> Option<DayLength> {
    let class = Class::from_byte(*bytes.first()?)?;
    Some(DayLength { class, day: u32_at(bytes, 1)?, bytes: u64_at(bytes, 5)? })
}

/// The day files named at the beginning of `bytes`, and what stands behind them.
fn masters(bytes: &[u8]) -> Option<(Masters, &[u8])> {
    let count = usize::from(u16_at(bytes, 0)?);
    if count > MASTER_DAYS_MAX {
        return None;
    }
    let (named, rest) = bytes.get(2..)?.split_at_checked(count * MASTER_BYTES)?;
    let named = named.chunks_exact(MASTER_BYTES);
    let named = named.map(|named| Some((Class::from_byte(*named.first()?)?, u32_at(named, 1)?)));
    Some((Some(named.collect::<Option<_>>()?), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tacho_tree::leaf_hash;

    #[test]
    fn a_state_is_read_back_and_every_flipped_bit_is_noticed() {
        let mut frontier = Frontier::new();
        frontier.extend((0..11u8).map(|leaf| leaf_hash(&[leaf])));
        let position = Position { segment: 3, offset: 4096 };
        let days = vec![DayLength { class: Class::Content, day: 20_777, bytes: 512 }];
        let masters = Some(BTreeSet::from([(Class::Identity, 20_776), (Class::Content, 20_777)]));
        for (masters, more) in [(None, 0), (Some(BTreeSet::new()), 2), (masters, 12)] {
            let (days, frontier) = (days.clone(), frontier.clone());
            let state = State { position, leaf_bytes: 77, days, masters, frontier };
            let bytes = state.encode();
            assert_eq!(bytes.len(), 30 + 13 + more + 8 + 3 * 32 + 4);
            assert_eq!(State::decode(&bytes), Some(state));
            for bit in 0..bytes.len() * 8 {
                let mut bytes = bytes.clone();
                bytes[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(State::decode(&bytes), None, "bit {bit}");
            }
        }
    }

    #[test]
    fn a_state_names_so_many_days_of_the_master_and_with_one_more_none() {
        let days =
            |count: usize| (0..u32::try_from(count).unwrap()).map(|day| (Class::Content, day));
        for (count, is_told) in [(MASTER_DAYS_MAX, true), (MASTER_DAYS_MAX + 1, false)] {
            let masters = Some(days(count).collect::<BTreeSet<_>>());
            let state = State { masters: masters.clone(), ..State::default() };
            let bytes = state.encode();
            assert!(bytes.len() + 64 * 32 + PART_FILES_OPEN_MAX * DAY_BYTES < STATE_FILE_BYTES_MAX);
            assert_eq!(State::decode(&bytes).unwrap().masters, masters.filter(|_| is_told));
        }
    }
}
