//! Given conditions, gives the entries that meet them, from the newest or from the oldest.

use std::collections::VecDeque;
use std::fmt;

use tacho_event::Timestamp;
use tacho_event::json::Object;

use super::{Log, LogEntry};
use crate::error::Error;
use crate::index::{ZONE_LEAVES, skim};

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The newest first, by index.
    #[default]
    Newest,
    /// The oldest first, by index.
    Oldest,
}

/// Conditions, all of which must hold.
#[derive(Clone, Copy, Default)]
pub struct Query<'q> {
    /// Which end comes first.
    pub order: Order,
    /// Only events at or after this time.
    pub from: Option<Timestamp>,
    /// Only events before this time.
    pub until: Option<Timestamp>,
    /// Only this session.
    pub session: Option<&'q str>,
    /// Only entries with at least this index.
    pub first: u64,
    /// Only entries below this index; none for all.
    pub end: Option<u64>,
    /// Only leaves of which this is true.
    pub filter: Option<&'q dyn Fn(&Object) -> bool>,
}

impl fmt::Debug for Query<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("order", &self.order)
            .field("from", &self.from)
            .field("until", &self.until)
            .field("session", &self.session)
            .field("first", &self.first)
            .field("end", &self.end)
            .field("filter", &self.filter.is_some())
            .finish()
    }
}

impl Log {
    /// The entries that meet the conditions, read as they are asked for.
    ///
    /// # Errors
    /// What the disk said of the index.
    pub fn query<'q>(&'q self, query: Query<'q>) -> Result<Entries<'q>, Error> {
        let end = query.end.unwrap_or(u64::MAX).min(self.size());
        // What was pruned meets no condition.
        let first = query.first.max(self.first()).min(end);
        let listed = match query.session {
            None => None,
            Some(session) => {
                let mut indexes: VecDeque<u64> = self.session(session)?.into();
                indexes.retain(|index| (first..end).contains(index));
                Some(indexes)
            }
        };
        Ok(Entries { log: self, query, first, end, listed, ready: VecDeque::new() })
    }
}

/// Entries, one after the other.
#[derive(Debug)]
pub struct Entries<'q> {
    log: &'q Log,
    query: Query<'q>,
    /// What is left of the log.
    first: u64,
    end: u64,
    /// What is left, where an index named the entries.
    listed: Option<VecDeque<u64>>,
    ready: VecDeque<LogEntry>,
}

impl Iterator for Entries<'_> {
    type Item = Result<LogEntry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                return Some(Ok(entry));
            }
            match self.read_more() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    // What cannot be read is told once, and not read again and again.
                    self.end = self.first;
                    self.listed = self.listed.take().map(|_| VecDeque::new());
                    return Some(Err(error));
                }
            }
        }
    }
}

impl Entries<'_> {
    /// Reads what comes next; false at the end.
    fn read_more(&mut self) -> Result<bool, Error> {
        let newest = self.query.order == Order::Newest;
        if let Some(listed) = &mut self.listed {
            let index = if newest { listed.pop_back() } else { listed.pop_front() };
            let Some(index) = index else { return Ok(false) };
            if let Some(leaf) = self.log.leaf(index)? {
                self.judge(index, &leaf)?;
            }
            return Ok(true);
        }
        if self.first >= self.end {
            return Ok(false);
        }
        let (from, to) = self.next_zone(newest);
        if self.may_hold(from)? {
            self.read_zone(from, to)?;
            if newest {
                self.ready.make_contiguous().reverse();
            }
        }
        Ok(true)
    }

    /// Takes the next 256 entries, or what is left of them, off the range.
    fn next_zone(&mut self, newest: bool) -> (u64, u64) {
        if newest {
            let zone = (self.end - 1) / ZONE_LEAVES * ZONE_LEAVES;
            let range = (zone.max(self.first), self.end);
            self.end = range.0;
            range
        } else {
            let zone = (self.first / ZONE_LEAVES + 1) * ZONE_LEAVES;
            let range = (self.first, zone.min(self.end));
            self.first = range.1;
            range
        }
    }

    fn may_hold(&self, index: u64) -> Result<bool, Error> {
        let Query { from, until, .. } = self.query;
        if from.is_none() && until.is_none() {
            return Ok(true);
        }
        let (from, until) = (from.unwrap_or(Timestamp::MIN), until.unwrap_or(Timestamp::MAX));
        self.log.zones(|zones| zones.may_hold(index, from, until))
    }

    fn read_zone(&mut self, from: u64, to: u64) -> Result<(), Error> {
        let log = self.log;
        let stored = log.integrated().size().min(to);
        let mut at = from;
        while at < stored {
            let count = usize::try_from(stored - at).unwrap_or_default();
            let block = log.leaf_files().block(at, count)?;
            for (index, leaf) in (at..).zip(block.iter()) {
                self.judge(index, leaf)?;
            }
            at += block.len() as u64;
        }
        for index in at..to {
            if let Some(leaf) = log.leaf(index)? {
                self.judge(index, &leaf)?;
            }
        }
        Ok(())
    }

    fn judge(&mut self, index: u64, leaf: &[u8]) -> Result<(), Error> {
        let Query { from, until, filter, .. } = self.query;
        if from.is_some() || until.is_some() {
            // A leaf whose time cannot be read lies in no span.
            let Some(time) = skim(leaf).map(|found| found.timestamp) else { return Ok(()) };
            if from.is_some_and(|from| time < from) || until.is_some_and(|until| time >= until) {
                return Ok(());
            }
        }
        let entry = self.log.parse(index, leaf)?;
        if filter.is_none_or(|filter| filter(&entry.leaf)) {
            self.ready.push_back(entry);
        }
        Ok(())
    }
}
