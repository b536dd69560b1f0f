//! Given what leaves say of erasures and expiries, and what is gone, tells what does not add up.
//!
//! `tacho.erase.done` states of a ticket how many digests of a class lost their part, and a root
//! over them; so does `tacho.expire` of the leaves of a range that name a class and day. Both are
//! worked out anew here, from leaves, parts and tombstones, as leaves come in: memory grows with
//! statements, not with what is gone.

use std::collections::{BTreeMap, BTreeSet};

use tacho_event::json::{self, Object, Value};
use tacho_event::privacy::Class;
use tacho_tree::Hash;
use tacho_tree::audit::{Code, Report, Spot};

use crate::erase::Sum;
use crate::erase::sums::{Tally, hex, members, unhex};
use crate::limits::VERIFY_STATEMENTS_MAX;

/// The name of an erasure.
pub(super) type Ticket = [u8; 16];
/// A digest of a leaf.
pub(super) type Digest = [u8; 32];

/// What leaves say of erasures.
#[derive(Debug, Default)]
pub(super) struct Said {
    begun: BTreeSet<Ticket>,
    done: BTreeMap<(Ticket, Class), Vec<(u64, Sum)>>,
    expiries: BTreeMap<(Class, u32), Vec<Expiry>>,
    /// What tombstones of a ticket took, and the first leaf of which.
    buried: BTreeMap<(Ticket, Class), (u64, Tally)>,
    count: usize,
    beyond: bool,
}

/// One statement of an expiry: that these leaves lost what they hold of a class and day.
#[derive(Debug)]
struct Expiry {
    /// The leaf that states it.
    leaf: u64,
    from: u64,
    until: u64,
    sum: Sum,
    gone: Tally,
    /// Whether a part is there all the same.
    is_left: bool,
}

/// Whether a leaf may state something: a look at its bytes, before it is read.
pub(super) fn is_statement(leaf: &[u8]) -> bool {
    let mut places = memchr::memmem::find_iter(leaf, NAMED);
    places.any(|at| {
        let name = leaf.get(at + NAMED.len()..).unwrap_or_default();
        NAMES.iter().any(|one| name.starts_with(one.as_bytes()))
    })
}

const NAMED: &[u8] = b"\"name\":\"tacho.e";
const NAMES: [&str; 3] = ["rase.begin\"", "rase.done\"", "xpire\""];

impl Said {
    /// Takes in what a leaf states.
    pub(super) fn take(&mut self, index: u64, leaf: &[u8]) {
        let Ok(Value::Object(leaf)) = json::read(leaf) else { return };
        if leaf.at("/action/type").and_then(Value::as_str) != Some("system") {
            return;
        }
        let name = leaf.at("/action/name").and_then(Value::as_str).unwrap_or_default();
        let Some(says) = leaf.object("action").and_then(|action| action.object("system")) else {
            return;
        };
        if self.count >= VERIFY_STATEMENTS_MAX {
            self.beyond = true;
            return;
        }
        self.count += 1;
        let ticket = says.str("ticket").and_then(unhex).and_then(|id| id.try_into().ok());
        match (name, ticket) {
            ("tacho.erase.begin", Some(ticket)) => {
                self.begun.insert(ticket);
            }
            ("tacho.erase.done", Some(ticket)) => {
                // One that lost nothing is done all the same.
                self.begun.insert(ticket);
                for (class, sum) in sums(says) {
                    self.done.entry((ticket, class)).or_default().push((index, sum));
                }
            }
            ("tacho.expire", _) => self.take_expiry(index, says),
            _ => {}
        }
    }

    fn take_expiry(&mut self, leaf: u64, says: &Object) {
        let (Some(day), Some(from), Some(until)) =
            (number(says, "day"), number(says, "from"), number(says, "until"))
        else {
            return;
        };
        // What comes later is not meant, whatever it says.
        let until = until.min(leaf);
        let day = u32::try_from(day).unwrap_or(u32::MAX);
        for (class, sum) in sums(says) {
            let one = Expiry { leaf, from, until, sum, gone: Tally::default(), is_left: false };
            self.expiries.entry((class, day)).or_default().push(one);
        }
    }

    /// Digests of a leaf that a tombstone took.
    pub(super) fn buried(
        &mut self,
        ticket: Ticket,
        class: Class,
        leaf: u64,
        digests: &BTreeSet<Digest>,
    ) {
        if self.buried.len() >= VERIFY_STATEMENTS_MAX {
            self.beyond = true;
            return;
        }
        let first = || (leaf, Tally::default());
        self.buried.entry((ticket, class)).or_insert_with(first).1.put(leaf, digests);
    }

    /// Digests of a leaf that nothing backs: whether an expiry says so.
    pub(super) fn gone(
        &mut self,
        class: Class,
        day: u32,
        leaf: u64,
        digests: &BTreeSet<Digest>,
    ) -> bool {
        let mut is_said = false;
        for expiry in self.over(class, day, leaf) {
            expiry.gone.put(leaf, digests);
            is_said = true;
        }
        is_said
    }

    /// A part of a leaf is there.
    pub(super) fn left(&mut self, class: Class, day: u32, leaf: u64) {
        self.over(class, day, leaf).for_each(|expiry| expiry.is_left = true);
    }

    fn over(&mut self, class: Class, day: u32, leaf: u64) -> impl Iterator<Item = &mut Expiry> {
        let expiries = self.expiries.get_mut(&(class, day)).into_iter().flatten();
        expiries.filter(move |expiry| (expiry.from..expiry.until).contains(&leaf))
    }

    /// No more leaves: compares.
    pub(super) fn end(self, report: &mut Report) {
        if self.beyond {
            let what = "more erasures are stated than a check follows";
            report.find(Code::BeyondBounds, "erasures", what);
            return;
        }
        let mut done = self.done;
        for ((ticket, class), (leaf, tally)) in self.buried {
            let said = done.remove(&(ticket, class)).unwrap_or_default();
            let sum = tally.sum();
            if said.iter().any(|(_, one)| *one == sum) {
                continue;
            }
            let spot = said.last().map_or(leaf, |(leaf, _)| *leaf);
            let ticket_text = hex(&ticket);
            if said.is_empty() && self.begun.contains(&ticket) {
                let what = format!("erasure {ticket_text} took {} of {class}: begun", sum.count);
                report.find(Code::ErasureUnfinished, Spot::leaf(spot), what);
            } else if said.is_empty() {
                let what =
                    format!("tombstones of {ticket_text} took {} of {class}, unsaid", sum.count);
                report.find(Code::ErasureDiffers, Spot::leaf(spot), what);
            } else {
                let what = differs(&said, class, sum);
                report.find(Code::ErasureDiffers, Spot::leaf(spot), what);
            }
        }
        for ((_, class), said) in done {
            let Some((leaf, _)) = said.iter().find(|(_, sum)| sum.count > 0) else { continue };
            let what = differs(&said, class, Tally::default().sum());
            report.find(Code::ErasureDiffers, Spot::leaf(*leaf), what);
        }
        for ((class, day), expiries) in self.expiries {
            expiries.iter().for_each(|expiry| expiry.end(class, day, report));
        }
    }
}

impl Expiry {
    fn end(&self, class: Class, day: u32, report: &mut Report) {
        let gone = self.gone.sum();
        if gone == self.sum {
            return;
        }
        let date = crate::tenant::date(day);
        if gone.count == 0 && self.is_left {
            let what = format!("{class} of {date} was to go, and is there");
            report.find(Code::ErasureUnfinished, Spot::leaf(self.leaf), what);
        } else {
            let what = format!(
                "of {class} of {date} {} were to go, and {} are gone",
                self.sum.count, gone.count
            );
            report.find(Code::ErasureDiffers, Spot::leaf(self.leaf), what);
        }
    }
}

fn differs(said: &[(u64, Sum)], class: Class, sum: Sum) -> String {
    let most = said.iter().map(|(_, sum)| sum.count).max().unwrap_or_default();
    if most == sum.count {
        return format!("{most} of {class} are gone, and they are others than it says");
    }
    format!("it says that {most} of {class} went, and {} did", sum.count)
}

/// What a statement says of each class.
fn sums(says: &Object) -> impl Iterator<Item = (Class, Sum)> {
    Class::ALL.into_iter().filter_map(|class| {
        let (count, root) = members(class);
        let root = says.str(root).and_then(unhex)?.try_into().ok()?;
        Some((class, Sum { count: number(says, count)?, root: Hash::from_bytes(root) }))
    })
}

fn number(says: &Object, name: &str) -> Option<u64> {
    says.get(name)?.as_i64().and_then(|number| u64::try_from(number).ok())
}
