//! Given a log, says what became of every digest in it: there, erased, expired, or missing.
//!
//! A digest whose part is gone is innocent only if the log says so: a tombstone with a ticket whose
//! `tacho.erase.done` adds up, or an expiry of its class and day that does. Counts and roots are
//! worked out anew from leaves and tombstones; what differs is an alarm, and so is what is missing.

use std::collections::{BTreeMap, HashMap, HashSet};

use tacho_event::json::{self, Object, Value};
use tacho_event::privacy::{Class, digests, from_base64url};
use tacho_tree::Hash;

use super::codec::{Item, Part};
use super::error::VaultError;
use super::open::Opener;
use super::rewrap::leaf_day;
use crate::erase::sums::{members, unhex};
use crate::erase::{Lost, Sum};
use crate::log::Log;

/// What became of digests, and what does not add up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Digests whose part is there and says what they commit to.
    pub present: u64,
    /// Digests whose part is there and was not opened.
    pub unopened: u64,
    /// Digests whose class and day expired.
    pub expired: u64,
    /// Digests that were erased, by ticket.
    pub erased: BTreeMap<[u8; 16], u64>,
    /// Digests of which nothing is known: an alarm.
    pub missing: u64,
    /// What else is wrong.
    pub alarms: Vec<Alarm>,
}

/// Something that does not add up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Alarm {
    /// A part is gone, and nothing says why.
    Missing {
        /// The leaf.
        leaf: u64,
        /// The class.
        class: Class,
    },
    /// A part says what its leaf does not commit to.
    Changed {
        /// The leaf.
        leaf: u64,
        /// The class.
        class: Class,
    },
    /// Tombstones of a ticket do not add up to what the log says of it.
    Erasure {
        /// The ticket.
        ticket: [u8; 16],
        /// The class.
        class: Class,
    },
    /// What expired does not add up to what the log says of it.
    Expiry {
        /// The class.
        class: Class,
        /// The day.
        day: u32,
    },
}

/// An expiry as the log states it.
#[derive(Debug, Clone, Copy)]
struct Expiry {
    until: u64,
    sum: Sum,
}

/// A leaf, and one of its digests.
type Digest = (u64, [u8; 32]);

#[derive(Default)]
struct Books {
    accounts: Accounts,
    parts: HashSet<(u64, Class)>,
    tombs: HashMap<(u64, Class), [u8; 16]>,
    /// What tombstones of a ticket took.
    lost: BTreeMap<([u8; 16], Class), Lost>,
    /// What nothing backs, by class and day.
    gone: BTreeMap<(Class, u32), Vec<Digest>>,
    done: BTreeMap<([u8; 16], Class), Vec<Sum>>,
    expiries: BTreeMap<(Class, u32), Vec<Expiry>>,
}

/// Goes through everything that is integrated; with an opener, parts are opened and compared.
///
/// # Errors
/// What reading said.
pub fn account(log: &Log, opener: Option<&mut Opener>) -> Result<Accounts, VaultError> {
    let mut books = Books::default();
    let size = log.integrated().size();
    books.take_files(log, size)?;
    let mut opener = opener;
    for index in 0..size {
        let Some(bytes) = log.leaf(index)? else { continue };
        let Ok(Value::Object(leaf)) = json::read(&bytes) else { continue };
        books.take_statement(&leaf);
        let day = leaf_day(&leaf).unwrap_or(0);
        for class in Class::ALL {
            let of = digests(&leaf, class).filter_map(from_base64url);
            let of: Vec<[u8; 32]> = of.filter_map(|digest| digest.try_into().ok()).collect();
            if !of.is_empty() {
                books.take_digests(log, (index, &leaf, class, day), &of, opener.as_deref_mut())?;
            }
        }
    }
    books.close();
    Ok(books.accounts)
}

impl Books {
    fn take_files(&mut self, log: &Log, size: u64) -> Result<(), VaultError> {
        for class in Class::ALL {
            let files = log.part_files();
            let mut all = vec![files.tombstones(class)?];
            for day in files.days(class)? {
                all.push(files.day(class, day)?);
            }
            for mut records in all.into_iter().flatten() {
                while let Some(record) = records.next_record()? {
                    match (record.item, record.leaf) {
                        (Item::Part(_) | Item::Block(_), Some(_)) => {
                            let leaves = record.leaves().into_iter();
                            let known = leaves.filter(|leaf| *leaf < size);
                            self.parts.extend(known.map(|leaf| (leaf, class)));
                        }
                        (Item::Tomb(tomb), Some(leaf)) if leaf < size => {
                            self.tombs.insert((leaf, class), tomb.ticket);
                        }
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes in what the log says of an erasure or expiry.
    fn take_statement(&mut self, leaf: &Object) {
        let name = leaf.at("/action/name").and_then(Value::as_str).unwrap_or_default();
        let Some(says) = leaf.object("action").and_then(|action| action.object("system")) else {
            return;
        };
        if name != "tacho.erase.done" && name != "tacho.expire" {
            return;
        }
        let number = |name: &str| says.get(name)?.as_i64().and_then(|n| u64::try_from(n).ok());
        for class in Class::ALL {
            let (count, root) = members(class);
            let root = says.str(root).and_then(unhex).and_then(|root| root.try_into().ok());
            let (Some(count), Some(root)) = (number(count), root.map(Hash::from_bytes)) else {
                continue;
            };
            let sum = Sum { count, root };
            let ticket = says.str("ticket").and_then(unhex).and_then(|id| id.try_into().ok());
            if name == "tacho.erase.done" {
                if let Some(ticket) = ticket {
                    self.done.entry((ticket, class)).or_default().push(sum);
                }
            } else if let (Some(day), Some(until)) = (number("day"), number("until")) {
                let day = u32::try_from(day).unwrap_or(u32::MAX);
                self.expiries.entry((class, day)).or_default().push(Expiry { until, sum });
            }
        }
    }

    fn take_digests(
        &mut self,
        log: &Log,
        (index, leaf, class, day): (u64, &Object, Class, u32),
        of: &[[u8; 32]],
        opener: Option<&mut Opener>,
    ) -> Result<(), VaultError> {
        let count = of.len() as u64;
        if let Some(ticket) = self.tombs.get(&(index, class)) {
            *self.accounts.erased.entry(*ticket).or_default() += count;
            self.lost.entry((*ticket, class)).or_default().put(index, &of.concat());
        } else if self.parts.contains(&(index, class)) {
            self.look(log, (index, leaf, class, day), of, opener)?;
        } else {
            let gone = self.gone.entry((class, day)).or_default();
            gone.extend(of.iter().map(|digest| (index, *digest)));
        }
        Ok(())
    }

    /// Opens a part and compares.
    fn look(
        &mut self,
        log: &Log,
        (index, leaf, class, day): (u64, &Object, Class, u32),
        of: &[[u8; 32]],
        opener: Option<&mut Opener>,
    ) -> Result<(), VaultError> {
        let Some(opener) = opener else {
            self.accounts.unopened += of.len() as u64;
            return Ok(());
        };
        let parts = log.part_files().of_leaf(class, day, index, None)?;
        let entry = crate::log::LogEntry { index, leaf: leaf.clone() };
        let find = &mut |part: &Part<'_>| log.grant(&entry, part);
        let opened = opener.open_of(Some(index), &parts, find);
        let found: HashSet<[u8; 32]> =
            opened.disclosures.iter().map(tacho_event::privacy::Disclosure::digest).collect();
        let present = of.iter().filter(|digest| found.contains(*digest)).count() as u64;
        self.accounts.present += present;
        if found.iter().any(|digest| !of.contains(digest)) || !opened.problems.is_empty() {
            self.accounts.alarms.push(Alarm::Changed { leaf: index, class });
        } else if opened.sealed.is_empty() && present < of.len() as u64 {
            self.accounts.missing += of.len() as u64 - present;
            self.accounts.alarms.push(Alarm::Missing { leaf: index, class });
        } else {
            self.accounts.unopened += of.len() as u64 - present;
        }
        Ok(())
    }

    /// Compares what is gone with what the log says of it.
    fn close(&mut self) {
        for ((ticket, class), lost) in std::mem::take(&mut self.lost) {
            let said = self.done.remove(&(ticket, class)).unwrap_or_default();
            if !said.contains(&lost.sum()) {
                self.accounts.alarms.push(Alarm::Erasure { ticket, class });
            }
        }
        // Said to be erased, and no tombstone tells of it.
        let left: Vec<_> = self.done.keys().copied().collect();
        let alarms = left.into_iter().map(|(ticket, class)| Alarm::Erasure { ticket, class });
        self.accounts.alarms.extend(alarms);
        for ((class, day), gone) in std::mem::take(&mut self.gone) {
            let mut expiries = self.expiries.remove(&(class, day)).unwrap_or_default();
            expiries.sort_by_key(|expiry| expiry.until);
            let mut from = 0;
            for expiry in &expiries {
                let mut lost = Lost::default();
                let here = gone.iter().filter(|(leaf, _)| (from..expiry.until).contains(leaf));
                let mut count = 0;
                here.for_each(|(leaf, digest)| {
                    lost.put(*leaf, digest);
                    count += 1;
                });
                self.accounts.expired += count;
                if lost.sum() != expiry.sum {
                    self.accounts.alarms.push(Alarm::Expiry { class, day });
                }
                from = from.max(expiry.until);
            }
            for (leaf, _) in gone.iter().filter(|(leaf, _)| *leaf >= from) {
                self.accounts.missing += 1;
                self.accounts.alarms.push(Alarm::Missing { leaf: *leaf, class });
            }
        }
    }
}
