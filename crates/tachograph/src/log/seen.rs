//! Given an entry and who looks, gives the event as far as he may see it.

use std::sync::Arc;

use tacho_event::json::Object;
use tacho_event::privacy::{Class, digests, reveal};

use super::{Log, LogEntry};
use crate::error::Error;
use crate::vault::{self, Item, Look, Opened, Opener, Part, Seen};

/// An event, as far as it may be seen.
#[derive(Debug)]
pub struct Revealed {
    /// The event: the leaf, and the disclosures that the leaf commits to.
    pub event: Object,
    /// What opening its parts gave.
    pub opened: Opened,
}

impl Log {
    /// The same log, for somebody who may see what is sealed: that he looks is recorded before
    /// anything opens.
    #[must_use]
    pub fn looking(mut self, look: Arc<Look>) -> Self {
        self.look = Some(look);
        self
    }

    /// The event that an entry and its parts say, and what could not be opened: what is sealed
    /// opens for a log that is [`Log::looking`].
    ///
    /// # Errors
    /// As [`Log::parts`].
    pub fn reveal(&self, entry: &LogEntry) -> Result<Revealed, Error> {
        Ok(Self::revealed(entry, self.opened(entry)?))
    }

    /// What the parts of an entry say, as far as they open.
    pub(crate) fn opened(&self, entry: &LogEntry) -> Result<Opened, Error> {
        let parts = self.parts(entry)?;
        let leaf = Some(entry.index);
        let opened = vault::open_of(leaf, &parts);
        let Some(look) = self.look.as_ref().filter(|_| !opened.sealed.is_empty()) else {
            return Ok(opened);
        };
        let again =
            look.with(|opener| opener.open_of(leaf, &parts, &mut |part| self.grant(entry, part)));
        Ok(again.unwrap_or(opened))
    }

    /// What is to be seen of each class of which the leaf hides something.
    ///
    /// # Errors
    /// As [`Log::parts`].
    pub fn seen(&self, entry: &LogEntry, opened: &Opened) -> Result<Vec<(Class, Seen)>, Error> {
        let hidden =
            Class::ALL.into_iter().filter(|class| digests(&entry.leaf, *class).count() > 0);
        hidden.map(|class| Ok((class, self.seen_of(entry, opened, class)?))).collect()
    }

    fn seen_of(&self, entry: &LogEntry, opened: &Opened, class: Class) -> Result<Seen, Error> {
        if opened.sealed.contains(&class) {
            return Ok(Seen::Sealed);
        }
        if let Some((_, ticket)) = opened.erased.iter().find(|(of, _)| *of == class) {
            return Ok(Seen::Erased(*ticket));
        }
        if opened.disclosures.iter().any(|one| one.class == class) {
            return Ok(Seen::Shown);
        }
        // The tombstone may have outlived the file of its day.
        if let Some(mut tombs) = self.part_files().tombstones(class)? {
            while let Some(record) = tombs.next_record()? {
                if let (Item::Tomb(tomb), Some(leaf)) = (record.item, record.leaf)
                    && leaf == entry.index
                {
                    return Ok(Seen::Erased(tomb.ticket));
                }
            }
        }
        Ok(Seen::Gone)
    }

    /// The event that an entry and its parts say, sealed ones too. Whoever calls this has recorded
    /// that somebody looks.
    pub(crate) fn reveal_with(
        &self,
        entry: &LogEntry,
        opener: &mut Opener,
    ) -> Result<Revealed, Error> {
        let parts = self.parts(entry)?;
        let find = &mut |part: &Part<'_>| self.grant(entry, part);
        let opened = opener.open_of(Some(entry.index), &parts, find);
        Ok(Self::revealed(entry, opened))
    }

    /// The grant of a part of this entry, from the frames that are not integrated or the day file.
    pub(crate) fn grant(&self, entry: &LogEntry, part: &Part<'_>) -> Option<Vec<u8>> {
        let day = vault::leaf_day(&entry.leaf)?;
        let stored = || self.parts.grant(part.class, day, &part.grant_id).ok().flatten();
        self.live.grant(&part.grant_id).or_else(stored)
    }

    fn revealed(entry: &LogEntry, mut opened: Opened) -> Revealed {
        let event = match reveal(&entry.leaf, &opened.disclosures) {
            Ok(event) => event,
            Err(problem) => {
                opened.problems.push(problem);
                entry.leaf.clone()
            }
        };
        Revealed { event, opened }
    }
}
