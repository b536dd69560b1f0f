//! Given a position, judges everything behind it: what is not whole is kept, named, and passed.
//!
//! The lock is held only while one range is judged, never while frames are read. Running this
//! twice, or dying inside, finds the same: a finding is a file in the quarantine until an event
//! that tells of it is safe.

use super::append::AppendError;
use super::lock::Patience;
use super::position::Position;
use super::scan::Judge;
use super::tail::repair;
use super::walk::{Damage, DamageKind, Item, Walk};
use super::{Critical, Ground, Wal, quarantine};
use crate::error::{Doing, Error};
use crate::files::{Access, Point};

/// What recovery found: the log is whole, or its flaws are named, up to `tail`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Everything before this was judged under the lock.
    pub tail: Position,
    /// The damage met on the way.
    pub damages: Vec<Damage>,
}

/// A finding in the quarantine that no event tells of yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Finding {
    /// Its name, `00000001_0000004096_wal-torn`: the same finding always has the same.
    pub name: String,
    /// Its stable code, `wal-torn` and the like.
    pub code: String,
    /// The segment it was found in, `00000001`, or `spool`.
    pub place: String,
    /// The offset in the segment, or the name of the file in the spool.
    pub at: String,
    /// How many bytes were kept.
    pub bytes: u64,
}

impl Wal {
    /// Judges the log from `from` to its end and repairs its tail.
    ///
    /// # Errors
    /// What the disk said, or that the lock was not given.
    pub fn recover(&self, from: Position) -> Result<Recovered, AppendError> {
        let mut damages = Vec::new();
        let mut at = from;
        loop {
            at = self.skip_whole_frames(at)?;
            let judged = self.locked(Patience::Server, |critical| critical.judge(at))?;
            damages.extend(judged.damages);
            if judged.is_end {
                return Ok(Recovered { tail: judged.next, damages });
            }
            at = judged.next;
        }
    }

    /// The findings that no event tells of yet, in the order of their names.
    ///
    /// # Errors
    /// What listing the quarantine said.
    pub fn untold(&self) -> Result<Vec<Finding>, Error> {
        let Ground { files, places, .. } = &self.ground;
        let dir = places.quarantine();
        let mut findings = Vec::new();
        for name in files.list(&dir).doing("list", &dir)? {
            let bytes = files.stat(&dir.join(&name)).doing("stat", &dir.join(&name))?.len;
            findings.extend(Finding::from_name(&name, bytes));
        }
        Ok(findings)
    }

    /// Notes that an event that tells of the finding is safe.
    ///
    /// # Errors
    /// What renaming said.
    pub fn told(&self, finding: &Finding) -> Result<(), Error> {
        let Ground { files, places, .. } = &self.ground;
        let dir = places.quarantine();
        let from = dir.join(format!("{}.bad", finding.name));
        let to = dir.join(format!("{}.kept", finding.name));
        files.rename(&from, &to, Point::FindingTold).doing("rename", &from)
    }

    /// Where the whole frames from `from` on end, or are interrupted.
    fn skip_whole_frames(&self, from: Position) -> Result<Position, Error> {
        let mut walk = self.follow(from);
        let mut at = from;
        while let Item::Frame { next, .. } = walk.next_item()? {
            at = next;
        }
        Ok(at)
    }
}

/// The code of parts that came after their keys were destroyed.
pub(crate) const UNOPENED: &str = "part-unopened";

impl Finding {
    /// Reads `00000001_0000004096_wal-torn.bad`; anything else is no finding to tell of.
    fn from_name(file_name: &str, bytes: u64) -> Option<Self> {
        let name = file_name.strip_suffix(".bad")?.to_owned();
        let (place, rest) = name.split_once('_')?;
        let (at, code) = rest.rsplit_once('_')?;
        let (place, at) = (place.to_owned(), at.to_owned());
        let code = code.split('.').next()?.to_owned();
        Some(Self { name, code, place, at, bytes })
    }
}

/// What judging one place said.
struct Judged {
    damages: Vec<Damage>,
    next: Position,
    is_end: bool,
}

impl Critical<'_> {
    /// Judges what stands at `at`, with everything behind it up to and with the next whole frame.
    fn judge(&mut self, at: Position) -> Result<Judged, AppendError> {
        let Ground { files, places, .. } = self.ground;
        let mut walk = Walk::new(files.clone(), places.clone(), at, Judge::Holding);
        let mut damages = Vec::new();
        loop {
            let damage = match walk.next_item()? {
                Item::Damage(damage) => damage,
                Item::Frame { next, .. } => {
                    return Ok(Judged { damages, next, is_end: false });
                }
                Item::End(next) | Item::Unclear(next) => {
                    return Ok(Judged { damages, next, is_end: true });
                }
            };
            self.keep(&damage)?;
            if damage.kind == DamageKind::Torn {
                // There are zeros now, and the log ends where they begin.
                walk.seek(Position { segment: damage.segment, offset: damage.from });
            }
            if !damages.contains(&damage) {
                damages.push(damage);
            }
        }
    }

    fn keep(&self, damage: &Damage) -> Result<(), Error> {
        let Ground { files, places, .. } = self.ground;
        let Damage { segment, from, to, kind } = *damage;
        let path = places.segment(segment);
        match kind {
            DamageKind::Torn => {
                let file = files.open(&path, Access::Write).doing("open", &path)?;
                repair(self.ground, (segment, file.as_ref()), (from, to))
            }
            DamageKind::BadRange | DamageKind::BadHeader => {
                let file = files.open(&path, Access::Read).doing("open", &path)?;
                let file = Some(file.as_ref());
                quarantine::keep(files.as_ref(), places, segment, kind, file, (from, to))
            }
            DamageKind::Unclosed
            | DamageKind::MissingSegment
            | DamageKind::MendedHeader
            | DamageKind::FailedSync { .. }
            | DamageKind::BadMark => {
                quarantine::keep(files.as_ref(), places, segment, kind, None, (from, to))
            }
        }
    }
}
