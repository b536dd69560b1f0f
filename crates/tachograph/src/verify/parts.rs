//! Given leaves in order, says what became of each disclosure they commit to: there, sealed,
//! erased, or missing.
//!
//! Day files hold their parts in the order of the leaves, so one walk through each, side by side
//! with the leaves, sees every part once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;

use tacho_event::json::{Object, Value};
use tacho_event::privacy::{Class, Disclosure, base64url, digests, from_base64url};
use tacho_tree::audit::{Code, Report, Spot};

use super::said::{Digest, Said, Ticket};
use super::unreadable;
use crate::error::Error;
use crate::limits::{
    PART_FILES_OPEN_MAX, VERIFY_DAYS_MAX, VERIFY_GRANTS_MAX, VERIFY_TICKETS_MAX, VERIFY_TOMBS_MAX,
};
use crate::log::Log;
use crate::parts::Records;
use crate::vault::{Block, FindGrant, Grant, Item, Opener, Opening, Part, Sealed, Tomb, Unpacked};

/// What became of the disclosures that leaves commit to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Disclosures {
    /// There, opened, and what the leaf commits to.
    pub opened: u64,
    /// There and sealed: whoever holds the keys can open them.
    pub sealed: u64,
    /// Gone because their time was over.
    pub expired: u64,
    /// Gone because somebody asked, or ordered it.
    pub erased: u64,
    /// Gone without a record of why.
    pub missing: u64,
    /// How many were erased under each ticket; the first of them, if there are very many.
    pub tickets: BTreeMap<[u8; 16], u64>,
}

impl fmt::Display for Disclosures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { opened, sealed, expired, erased, missing, .. } = self;
        write!(
            f,
            "disclosures: {opened} opened and right, {sealed} sealed and not opened, \
             {expired} expired, {erased} erased, {missing} missing"
        )
    }
}

/// Unclaimed parts of one day's blocks that are told.
const FINDINGS_OF_BLOCKS_MAX: usize = 16;

const FOREIGN: &str = "none of its grants opens with the key of its day, which is at hand: they \
                       are another log's, or came under a key that was replaced";

/// A digest that is recorded as gone, the reason, and the ticket.
type Buried = (Digest, u8, Ticket);

/// The check, while leaves come in.
#[derive(Debug)]
pub(super) struct Check<'l> {
    log: &'l Log,
    days: HashMap<(Class, u32), Day>,
    /// Day files whose walk is open, the one used last at the end.
    open: Vec<(Class, u32)>,
    /// Tombstones whose day files are gone, by class and leaf.
    tombs: HashMap<(Class, u64), Vec<Buried>>,
    tombs_read: HashSet<Class>,
    said: Said,
    /// Opens what is sealed, if the keys were given.
    opener: Option<Opener>,
    count: Disclosures,
    /// Whether every leaf was there.
    is_over: bool,
}

/// The place in one day file.
#[derive(Debug, Default)]
struct Day {
    records: Option<Records>,
    offset: u64,
    /// What a state counts of the file.
    length: Option<u64>,
    grants: HashSet<[u8; 16]>,
    /// Whether a grant opens with the key of the day, or where the first stands that does not.
    of_day: Option<Result<(), u64>>,
    /// The last leaf that a record named.
    last: Option<u64>,
    /// Whether a record of a leaf that counts stood in it.
    counts: bool,
    /// What blocks hold for leaves that are still to come.
    packed: HashMap<u64, Found>,
    /// The file is damaged or gone: told once.
    given_up: bool,
}

/// What stands in a day file for one leaf.
#[derive(Debug, Default)]
struct Found {
    /// Digests that were opened, and whether each stood there.
    opened: Vec<[u8; 32]>,
    sealed: u64,
    tombs: Vec<Buried>,
    records: BTreeSet<[u8; 16]>,
}

impl<'l> Check<'l> {
    /// A check of what leaves commit to; `said` is what all of them say of erasures.
    pub(super) fn new(log: &'l Log, mut said: Said, opener: Option<Opener>) -> Self {
        said.begin_at(log.first());
        Self {
            log,
            said,
            opener,
            days: HashMap::new(),
            open: Vec::new(),
            tombs: HashMap::new(),
            tombs_read: HashSet::new(),
            count: Disclosures::default(),
            is_over: false,
        }
    }

    /// Takes in the next leaf.
    pub(super) fn leaf(&mut self, index: u64, leaf: &Object, report: &mut Report) {
        let mut records = BTreeSet::new();
        for class in Class::ALL {
            let Some(day) = leaf.object(class.as_str()).and_then(|class| class.get("day")) else {
                continue;
            };
            let Some(day) = Value::as_i64(day).and_then(|day| u32::try_from(day).ok()) else {
                continue;
            };
            let wanted: BTreeSet<&str> = digests(leaf, class).collect();
            let found = self.of_leaf(class, day, index, report);
            records.extend(found.records.iter().copied());
            self.compare(class, day, index, &wanted, found, report);
        }
        if records.len() > 1 {
            let what = "its parts name different records";
            report.find(Code::PartUnclaimed, Spot::leaf(index), what);
        }
    }

    /// No more leaves: what stands behind belongs to none.
    pub(super) fn end(mut self, report: &mut Report) -> Disclosures {
        let size = self.log.integrated().size();
        self.is_over = true;
        for class in Class::ALL {
            match self.log.part_files().days(class) {
                Ok(days) => {
                    for day in days {
                        let _ = self.of_leaf(class, day, size.saturating_sub(1), report);
                        self.behind(class, day, size, report);
                    }
                }
                Err(error) => unreadable(&error, report),
            }
        }
        self.said.end(report);
        self.count
    }

    fn compare(
        &mut self,
        class: Class,
        day: u32,
        index: u64,
        wanted: &BTreeSet<&str>,
        mut found: Found,
        report: &mut Report,
    ) {
        let spot = || {
            Spot::leaf(index).within(self.log.places().day_file(class, day).display().to_string())
        };
        let claimed = found.opened.len() as u64 + found.sealed + found.tombs.len() as u64;
        if claimed < wanted.len() as u64 {
            self.read_tombs(class, report);
            found.tombs.extend(self.tombs.remove(&(class, index)).unwrap_or_default());
        }
        let mut seen = BTreeSet::new();
        let mut is_of_leaf = |digest: &[u8; 32], report: &mut Report, what: &str| {
            let text = base64url(digest);
            let known = wanted.contains(text.as_str());
            if !known {
                report.find(Code::PartChanged, spot(), what);
            } else if !seen.insert(text) {
                report.find(Code::PartUnclaimed, spot(), "it stands there twice");
            }
            known
        };
        for digest in &found.opened {
            if is_of_leaf(digest, report, "the leaf does not commit to what it discloses") {
                self.count.opened += 1;
            }
        }
        let mut buried: BTreeMap<Ticket, BTreeSet<Digest>> = BTreeMap::new();
        for (digest, reason, ticket) in &found.tombs {
            if is_of_leaf(digest, report, "a tombstone names what the leaf never committed to") {
                match reason {
                    1 => self.count.expired += 1,
                    _ => self.count.erased += 1,
                }
                buried.entry(*ticket).or_default().insert(*digest);
            }
        }
        self.bury(class, index, &buried);
        let is_left = !found.opened.is_empty() || found.sealed > 0;
        if is_left {
            self.said.left(class, day, index);
        } else if seen.len() < wanted.len() {
            let gone = wanted.iter().filter(|text| !seen.contains(**text));
            let gone = gone.filter_map(|text| from_base64url(text)?.try_into().ok()).collect();
            if self.said.gone(class, day, index, &gone) {
                self.count.expired += (wanted.len() - seen.len()) as u64;
                return;
            }
        }
        let rest = (wanted.len() - seen.len().min(wanted.len())) as u64;
        self.count.sealed += found.sealed.min(rest);
        if found.sealed > rest {
            report.find(Code::PartUnclaimed, spot(), "more is sealed than the leaf commits to");
        } else if rest > found.sealed {
            let missing = rest - found.sealed;
            self.count.missing += missing;
            let what = format!("{missing} of {} disclosures of {class} are gone", wanted.len());
            report.find(Code::PartMissing, spot(), what);
        }
    }

    /// Counts what tombstones took of a leaf.
    fn bury(&mut self, class: Class, index: u64, buried: &BTreeMap<Ticket, BTreeSet<Digest>>) {
        for (ticket, digests) in buried {
            if self.count.tickets.len() < VERIFY_TICKETS_MAX {
                *self.count.tickets.entry(*ticket).or_default() += digests.len() as u64;
            }
            self.said.buried(*ticket, class, index, digests);
        }
    }

    /// Walks a day file up to a leaf and gives what stands there for it.
    fn of_leaf(&mut self, class: Class, day: u32, index: u64, report: &mut Report) -> Found {
        let mut found = Found::default();
        let (log, is_over) = (self.log, self.is_over);
        let (first, size) = (log.first(), log.integrated().size());
        let find = &mut |part: &Part<'_>| {
            log.part_files().grant(class, day, &part.grant_id).ok().flatten()
        };
        // Out of the way of the borrow of the day; put back below.
        let mut opener = self.opener.take();
        let Some(file) = self.day(class, day, report) else {
            self.opener = opener;
            return found;
        };
        while let Some(records) = &mut file.records {
            let offset = records.offset();
            let record = match records.next_record() {
                Ok(Some(record)) => record,
                Ok(None) => break,
                Err(error) => {
                    file.given_up = true;
                    let is_new = is_over && file.length.is_none() && !file.counts;
                    unread(&error, records, is_new.then_some(size), report);
                    break;
                }
            };
            let Some(leaf) = record.leaf else {
                take_grant(&record.item, &mut file.grants, (class, day), offset, report);
                if let (Item::Grant(grant), Some(opener)) = (&record.item, &mut opener) {
                    opener.learn(grant);
                    tell_of_day(&mut file.of_day, opener, grant, offset);
                }
                continue;
            };
            let path = || log.places().day_file(class, day).display().to_string();
            if leaf > index {
                records.seek(offset);
                break;
            }
            file.counts |= leaf < size;
            if let Item::Block(block) = &record.item {
                let spot = || Spot::file(path().as_str()).at(offset);
                let opened = unpacked(block, opener.as_mut(), find);
                let known = (class, &file.grants);
                take_block(block, known, opened, &mut file.packed, (&spot, &mut *report));
                file.packed.retain(|leaf, _| *leaf >= first);
                continue;
            }
            // Its leaf was pruned; it goes with its day.
            if leaf < first {
                continue;
            }
            let spot = || Spot::leaf(leaf).within(path()).at(offset);
            if leaf < index || file.last.is_some_and(|last| leaf < last) {
                report.find(Code::PartUnclaimed, spot(), "no leaf waits for it here");
                continue;
            }
            file.last = Some(leaf);
            take(&record.item, class, &file.grants, &mut found, &spot, report);
            if let (Item::Part(part), Some(opener)) = (&record.item, &mut opener)
                && !part.is_plain()
            {
                take_sealed(part, opener.look(part, find), &mut found, &spot, report);
            }
        }
        if let Some(packed) = file.packed.remove(&index) {
            found.add(packed);
        }
        self.opener = opener;
        found
    }

    /// What stands in a day file behind its last leaf.
    fn behind(&mut self, class: Class, day: u32, size: u64, report: &mut Report) {
        let Some(file) = self.days.get_mut(&(class, day)) else { return };
        if let Some(Err(offset)) = file.of_day {
            let path = self.log.places().day_file(class, day).display().to_string();
            report.find(Code::PartChanged, Spot::file(path).at(offset), FOREIGN);
        }
        for leaf in file.packed.keys().take(FINDINGS_OF_BLOCKS_MAX) {
            let path = self.log.places().day_file(class, day).display().to_string();
            let what = "a block holds a part that no leaf waits for";
            report.find(Code::PartUnclaimed, Spot::leaf(*leaf).within(path), what);
        }
        let (Some(records), Some(_)) = (&mut file.records, file.length) else { return };
        let offset = records.offset();
        if let Ok(Some(record)) = records.next_record()
            && record.leaf.is_some_and(|leaf| leaf >= size)
        {
            let spot = Spot::file(records.path().display()).at(offset);
            report.find(Code::PartUnclaimed, spot, "it belongs to a leaf beyond the log");
        }
    }

    /// The place in a day file, opened again if it was closed.
    fn day(&mut self, class: Class, day: u32, report: &mut Report) -> Option<&mut Day> {
        let key = (class, day);
        self.open.retain(|one| *one != key);
        self.open.push(key);
        if self.open.len() > PART_FILES_OPEN_MAX {
            let oldest = self.open.remove(0);
            if let Some(file) = self.days.get_mut(&oldest)
                && let Some(records) = file.records.take()
            {
                file.offset = records.offset();
                file.grants = HashSet::new();
            }
        }
        if self.days.len() >= VERIFY_DAYS_MAX && !self.days.contains_key(&key) {
            let dir = self.log.places().class(class);
            let what = "leaves name more days than a check follows";
            report.find(Code::BeyondBounds, dir.display().to_string(), what);
            return None;
        }
        let counted = self.log.counted_bytes(class, day);
        let file = self.days.entry(key).or_default();
        if file.records.is_none() && !file.given_up {
            file.length = counted;
            match self.log.part_files().day(class, day) {
                Ok(Some(mut records)) => {
                    // Grants may stand before the place where the walk goes on.
                    regain_grants(&mut records, file.offset, &mut file.grants);
                    records.end_at(counted.unwrap_or(u64::MAX));
                    records.seek(file.offset);
                    file.records = Some(records);
                }
                // Its parts expired, or somebody removed it: their tombstones tell.
                Ok(None) => file.given_up = true,
                Err(error) => {
                    file.given_up = true;
                    unreadable(&error, report);
                }
            }
        }
        (!file.given_up).then_some(file)
    }

    fn read_tombs(&mut self, class: Class, report: &mut Report) {
        if !self.tombs_read.insert(class) {
            return;
        }
        let mut records = match self.log.part_files().tombstones(class) {
            Ok(Some(records)) => records,
            Ok(None) => return,
            Err(error) => return unreadable(&error, report),
        };
        let path = self.log.places().tombstones(class).display().to_string();
        let mut number = 0;
        loop {
            let offset = records.offset();
            match records.next_record() {
                Ok(None) => return,
                Ok(Some(record)) => {
                    let spot = Spot::file(&path).at(offset);
                    let (Some(leaf), Item::Tomb(tomb)) = (record.leaf, record.item) else {
                        report.find(Code::PartUnclaimed, spot, "it is no tombstone");
                        continue;
                    };
                    number += 1;
                    if number > VERIFY_TOMBS_MAX {
                        let what = "there are more tombstones than a check holds";
                        return report.find(Code::BeyondBounds, spot, what);
                    }
                    self.tombs.entry((class, leaf)).or_default().extend(buried(&tomb));
                }
                Err(error) => {
                    let spot = Spot::file(&path).at(offset);
                    return report.find(Code::PartChanged, spot, super::told(&error));
                }
            }
        }
    }
}

/// The grants that stand before `until`.
fn regain_grants(records: &mut Records, until: u64, grants: &mut HashSet<[u8; 16]>) {
    records.end_at(until);
    while let Ok(Some(record)) = records.next_record() {
        if let Item::Grant(grant) = record.item
            && grants.len() < VERIFY_GRANTS_MAX
        {
            grants.insert(grant.id);
        }
    }
}

/// Asks of grants whether they are of the day they stand in, until one is.
fn tell_of_day(
    of_day: &mut Option<Result<(), u64>>,
    opener: &Opener,
    grant: &Grant<'_>,
    offset: u64,
) {
    if *of_day != Some(Ok(())) {
        *of_day = match opener.is_of_day(grant) {
            Some(true) => Some(Ok(())),
            Some(false) => of_day.or(Some(Err(offset))),
            None => *of_day,
        };
    }
}

fn take_grant(
    item: &Item<'_>,
    grants: &mut HashSet<[u8; 16]>,
    day: (Class, u32),
    offset: u64,
    report: &mut Report,
) {
    let Item::Grant(grant) = item else { return };
    if (grant.class, grant.day) != day {
        let file = format!("parts/{}/{}.tv", day.0, crate::tenant::date(day.1));
        let spot = Spot::file(file).at(offset);
        report.find(Code::PartChanged, spot, "a grant is of another class or day");
    }
    if grants.len() < VERIFY_GRANTS_MAX {
        grants.insert(grant.id);
    }
}

fn take(
    item: &Item<'_>,
    class: Class,
    grants: &HashSet<[u8; 16]>,
    found: &mut Found,
    spot: &dyn Fn() -> Spot,
    report: &mut Report,
) {
    match item {
        Item::Grant(_) | Item::Block(_) => {}
        Item::Tomb(tomb) => {
            found.records.insert(tomb.record_id);
            found.tombs.extend(buried(tomb));
        }
        Item::Part(part) => {
            found.records.insert(part.record_id);
            if part.class != class {
                report.find(Code::PartChanged, spot(), "it is of another class");
            }
            if !grants.contains(&part.grant_id) && grants.len() < VERIFY_GRANTS_MAX {
                report.find(Code::PartChanged, spot(), "its grant does not stand before it");
            }
            if !part.is_plain() {
                found.sealed += u64::from(part.pairs);
                return;
            }
            take_shown(part, part.body, found, spot, report);
        }
    }
}

/// Tells that no record stands here. In a file that is new, with nothing of a leaf below `new`,
/// that is the rest of an interrupted chunk.
fn unread(error: &Error, records: &Records, new: Option<u64>, report: &mut Report) {
    let is_rest = |size| records.is_any_before(size).is_ok_and(|any| !any);
    let spot = || Spot::file(records.path().display()).at(records.offset());
    match error {
        Error::Damaged { .. } if new.is_some_and(is_rest) => {}
        Error::Damaged { what, .. } => report.find(Code::PartChanged, spot(), what),
        error => unreadable(error, report),
    }
}

/// What a block holds; nothing where no key is at hand.
fn unpacked(
    block: &Block<'_>,
    opener: Option<&mut Opener>,
    find: FindGrant<'_>,
) -> Result<Option<Unpacked>, Sealed> {
    match opener {
        _ if block.is_plain() => block.open(None, "").map(Some),
        Some(opener) => opener.look_block(block, find),
        None => Ok(None),
    }
}

/// Takes in what a block holds, for the leaves of its table.
fn take_block(
    block: &Block<'_>,
    (class, grants): (Class, &HashSet<[u8; 16]>),
    opened: Result<Option<Unpacked>, Sealed>,
    packed: &mut HashMap<u64, Found>,
    (spot, report): (&dyn Fn() -> Spot, &mut Report),
) {
    if block.class != class {
        report.find(Code::PartChanged, spot(), "it is of another class");
    }
    if block.entries().next().is_none() {
        return;
    }
    if !grants.contains(&block.grant_id) && grants.len() < VERIFY_GRANTS_MAX {
        report.find(Code::PartChanged, spot(), "its grant does not stand before it");
    }
    if opened.is_err() {
        report.find(Code::PartChanged, spot(), "a block does not open, or does not hold its parts");
    }
    let Ok(Some(parts)) = opened else {
        for entry in block.entries() {
            let found = packed.entry(entry.leaf).or_default();
            found.records.insert(entry.record_id);
            found.sealed += u64::from(entry.pairs);
        }
        return;
    };
    for (entry, plaintext) in parts {
        let found = packed.entry(entry.leaf).or_default();
        found.records.insert(entry.record_id);
        take_shown(&block.part(&entry), &plaintext, found, spot, report);
    }
}

/// Takes in a sealed part, as far as it opens.
fn take_sealed(
    part: &Part<'_>,
    look: Opening,
    found: &mut Found,
    spot: &dyn Fn() -> Spot,
    report: &mut Report,
) {
    match look {
        Opening::NoKey => {}
        Opening::Broken => report.find(Code::PartChanged, spot(), "it does not open with its key"),
        Opening::Open(plaintext) => {
            found.sealed -= u64::from(part.pairs);
            take_shown(part, &plaintext, found, spot, report);
        }
    }
}

fn take_shown(
    part: &Part<'_>,
    plaintext: &[u8],
    found: &mut Found,
    spot: &dyn Fn() -> Spot,
    report: &mut Report,
) {
    match Disclosure::of_part(part.class, plaintext) {
        Ok(shown) if shown.len() == usize::from(part.pairs) => {
            found.opened.extend(shown.iter().map(Disclosure::digest));
        }
        Ok(_) => report.find(Code::PartChanged, spot(), "it does not hold its pairs"),
        Err(problem) => report.find(Code::PartChanged, spot(), problem),
    }
}

impl Found {
    fn add(&mut self, other: Found) {
        self.opened.extend(other.opened);
        self.sealed += other.sealed;
        self.tombs.extend(other.tombs);
        self.records.extend(other.records);
    }
}

fn buried<'t>(tomb: &Tomb<'t>) -> impl Iterator<Item = Buried> + use<'t> {
    let (reason, ticket) = (tomb.reason, tomb.ticket);
    tomb.digests.as_chunks::<32>().0.iter().map(move |digest| (*digest, reason, ticket))
}
