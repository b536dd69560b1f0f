//! Given a tenant's terms, says what is due: every step with its counts and bytes, and what stands
//! in the way. Nothing is changed by a plan.

use std::collections::BTreeSet;

use tacho_event::Timestamp;
use tacho_event::privacy::Class;
use tacho_tree::{Hash, prove};

use super::age::ingested;
use super::keeper::Keeper;
use super::size::{Sizes, below};
use super::terms::{OnSize, Terms, Tier};
use crate::error::Error;
use crate::files::Kind;
use crate::files::grow::list_if_there;
use crate::limits::LEAVES_PER_FILE;
use crate::log::{Cursor, Log};
use crate::tenant::TenantPlaces;
use crate::vault::{Item, VaultError};

const DAY_MICROS: i64 = 86_400_000_000;
/// Days that no bound of size cuts into: what came today and yesterday.
const RECENT_DAYS: u32 = 2;

/// What is due in a store.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Each tenant, in the order of names.
    pub tenants: Vec<TenantPlan>,
}

impl Plan {
    /// Whether nothing is due.
    pub fn is_empty(&self) -> bool {
        self.tenants.iter().all(|tenant| tenant.steps.is_empty())
    }

    /// Bytes that would be freed.
    pub fn bytes(&self) -> u64 {
        self.tenants.iter().flat_map(|tenant| &tenant.steps).map(Step::bytes).sum()
    }
}

/// What is due for one tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct TenantPlan {
    /// The tenant.
    pub tenant: String,
    /// Its terms.
    pub terms: Terms,
    /// What it has on the disk.
    pub sizes: Sizes,
    /// The first leaf that is kept now.
    pub first: u64,
    /// Leaves that are integrated.
    pub size: u64,
    /// Day files by class and tier: how many, and their bytes.
    pub tiers: Vec<(Class, Tier, u64, u64)>,
    /// What goes, in the order in which it does.
    pub steps: Vec<Step>,
    /// What stands in the way, or should be known.
    pub notices: Vec<Notice>,
    /// When the next day of parts will be over; none if none will.
    pub next: Option<Timestamp>,
}

/// Something that is done.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// The parts of a day go; their leaves stay.
    Expire(Expiry),
    /// Leaves go; their totals stay, and so does every proof of what is behind them.
    Prune(Pruning),
}

impl Step {
    /// Bytes that it frees.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Expire(expiry) => expiry.bytes,
            Self::Prune(pruning) => pruning.bytes,
        }
    }
}

/// The parts of one class and day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// The class.
    pub class: Class,
    /// The day, days since 1970-01-01.
    pub day: u32,
    /// Parts.
    pub parts: u64,
    /// Bytes of the day file.
    pub bytes: u64,
    /// Why.
    pub why: Why,
}

/// Whole files of leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruning {
    /// The first leaf that is kept afterwards.
    pub minimum: u64,
    /// The root of the tree of the leaves before it.
    pub root: Hash,
    /// Leaves that go.
    pub leaves: u64,
    /// Bytes of leaves, nodes and their index that go.
    pub bytes: u64,
    /// The files of leaves.
    pub files: Vec<LeafFile>,
}

/// A file of 65,536 leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeafFile {
    /// Its first leaf.
    pub first: u64,
    /// Its bytes.
    pub bytes: u64,
    /// By when all of its leaves had come in.
    pub ingested: Timestamp,
    /// Why it goes.
    pub why: Why,
}

/// Why something goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Its time is over.
    Age,
    /// There is too much, and it is the oldest.
    Size,
    /// Its leaves go, all of them.
    Leaf,
}

/// What stands in the way, or should be known.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A legal hold: nothing of this tenant goes.
    Held {
        /// Which.
        hold: String,
    },
    /// The clock cannot be believed: nothing goes on its word.
    Clock(&'static str),
    /// A follower has not read what is due.
    Behind {
        /// Its name.
        follower: String,
        /// The entry that it reads next.
        next: u64,
    },
    /// Nothing of the recorder's own stands behind these leaves, so nobody can tell their age.
    AgeUnknown {
        /// The first of them.
        first: u64,
    },
    /// The log grows large.
    Large {
        /// What it has.
        bytes: u64,
        /// What it may have.
        max: u64,
        /// Whether anything goes on that account.
        on_size: OnSize,
    },
    /// There is too much, and a profile forbids that more of it goes.
    Floor {
        /// Days that are kept whatever their size.
        days: u32,
    },
}

/// What planning looks at.
pub(super) struct Planner<'k> {
    keeper: &'k mut Keeper,
    log: Log,
    today: u32,
    plan: TenantPlan,
    /// Days that expire, by class.
    gone: BTreeSet<(Class, u32)>,
    freed: u64,
}

impl<'k> Planner<'k> {
    pub(super) fn plan(
        keeper: &'k mut Keeper,
        tenant: &str,
        terms: &Terms,
    ) -> Result<TenantPlan, VaultError> {
        let store = keeper.store().clone();
        let log = Log::of(&store, tenant)?;
        let sizes = Sizes::of(store.files().as_ref(), log.places())?;
        let plan = TenantPlan {
            tenant: tenant.to_owned(),
            terms: terms.clone(),
            sizes,
            first: log.first(),
            size: log.integrated().size(),
            tiers: Vec::new(),
            steps: Vec::new(),
            notices: Vec::new(),
            next: None,
        };
        let mut planner = Planner { keeper, log, today: 0, plan, gone: BTreeSet::new(), freed: 0 };
        planner.note_size();
        if planner.may_destroy()? {
            planner.tiers()?;
            planner.parts()?;
            planner.leaves()?;
        }
        Ok(planner.plan)
    }

    fn note_size(&mut self) {
        let bytes = self.plan.sizes.total();
        let terms = &self.plan.terms;
        if let (Some(max), Some(warn)) = (terms.size_bytes_max, terms.warn_bytes())
            && bytes >= warn
        {
            self.plan.notices.push(Notice::Large { bytes, max, on_size: terms.on_size });
        }
    }

    /// Whether neither a hold nor the clock forbids everything.
    fn may_destroy(&mut self) -> Result<bool, VaultError> {
        match self.keeper.eraser.may_expire(&self.plan.tenant) {
            Ok(today) => {
                self.today = today;
                return Ok(true);
            }
            Err(VaultError::Held { hold }) => self.plan.notices.push(Notice::Held { hold }),
            Err(VaultError::Clock(why)) => self.plan.notices.push(Notice::Clock(why)),
            Err(error) => return Err(error),
        }
        Ok(false)
    }

    fn tiers(&mut self) -> Result<(), VaultError> {
        for class in Class::ALL {
            let mut tiers: Vec<(Class, Tier, u64, u64)> = Vec::new();
            for day in self.log.part_files().days(class)? {
                let tier = self.plan.terms.tier(self.today.saturating_sub(day));
                let bytes = self.day_bytes(class, day)?;
                match tiers.iter_mut().find(|one| one.1 == tier) {
                    Some(one) => (one.2, one.3) = (one.2 + 1, one.3 + bytes),
                    None => tiers.push((class, tier, 1, bytes)),
                }
            }
            self.plan.tiers.extend(tiers);
        }
        Ok(())
    }

    /// What expires by age, then by the bounds of its class.
    fn parts(&mut self) -> Result<(), VaultError> {
        let keep = self.plan.terms.keep();
        for due in self.keeper.eraser.due(&self.plan.tenant, keep)? {
            self.expire(due.class, due.day, Why::Age)?;
        }
        let kept = [(Class::Content, keep.content_days), (Class::Identity, keep.identity_days)];
        for (class, days) in kept {
            let Some(days) = days else { continue };
            let left = self.log.part_files().days(class)?;
            let left = left.into_iter().find(|day| !self.gone.contains(&(class, *day)));
            // A day is over when so many whole days went by behind it.
            let over = left.map(|day| i64::from(day) + i64::from(days) + 1);
            let over = over.map(|day| Timestamp::from_micros(day.saturating_mul(DAY_MICROS)));
            self.plan.next = self.plan.next.into_iter().chain(over).min();
        }
        for class in [Class::Content, Class::Identity] {
            let Some(max) = self.plan.terms.class_bytes_max(class) else { continue };
            self.shrink(class, |planner| planner.class_bytes(class), max)?;
        }
        Ok(())
    }

    /// Lets the oldest days of a class go until there is no more than `max`.
    fn shrink(
        &mut self,
        class: Class,
        there: impl Fn(&Self) -> Result<u64, VaultError>,
        max: u64,
    ) -> Result<(), VaultError> {
        let floor = self.plan.terms.floor_days(Some(class));
        for day in self.log.part_files().days(class)? {
            if there(self)? <= max {
                return Ok(());
            }
            let age = self.today.saturating_sub(day);
            if age < RECENT_DAYS || age <= floor {
                self.note_floor(floor);
                return Ok(());
            }
            self.expire(class, day, Why::Size)?;
        }
        Ok(())
    }

    fn note_floor(&mut self, days: u32) {
        let notice = Notice::Floor { days: days.max(RECENT_DAYS) };
        if !self.plan.notices.contains(&notice) {
            self.plan.notices.push(notice);
        }
    }

    fn class_bytes(&self, class: Class) -> Result<u64, VaultError> {
        let mut bytes = 0;
        for day in self.log.part_files().days(class)? {
            if !self.gone.contains(&(class, day)) {
                bytes += self.day_bytes(class, day)?;
            }
        }
        Ok(bytes)
    }

    fn day_bytes(&self, class: Class, day: u32) -> Result<u64, VaultError> {
        let stat = self.log.store().files().stat(&self.log.places().day_file(class, day));
        Ok(stat.ok().filter(|stat| stat.kind == Kind::File).map_or(0, |stat| stat.len))
    }

    fn expire(&mut self, class: Class, day: u32, why: Why) -> Result<(), VaultError> {
        if !self.gone.insert((class, day)) {
            return Ok(());
        }
        let step = expiry(&self.log, class, day, why)?;
        self.freed += step.bytes;
        self.plan.steps.push(Step::Expire(step));
        Ok(())
    }

    /// Whole files of leaves whose time is over, or that are too many.
    fn leaves(&mut self) -> Result<(), VaultError> {
        let mut going = Vec::new();
        let limit = self.followers()?;
        let size = self.log.integrated().size();
        let mut first = self.log.first();
        // The last file stays: the leaf that says what was pruned needs a place.
        while first + LEAVES_PER_FILE < size {
            let Some(file) = self.leaf_file(first, &going)? else { break };
            if let Some((follower, next)) =
                limit.as_ref().filter(|(_, next)| *next < first + LEAVES_PER_FILE)
            {
                let (follower, next) = (follower.clone(), *next);
                self.plan.notices.push(Notice::Behind { follower, next });
                break;
            }
            self.freed += file.bytes;
            going.push(file);
            first += LEAVES_PER_FILE;
        }
        if going.is_empty() { Ok(()) } else { self.prune(first, going) }
    }

    /// The file of leaves at `first`, if it goes.
    fn leaf_file(
        &mut self,
        first: u64,
        going: &[LeafFile],
    ) -> Result<Option<LeafFile>, VaultError> {
        let terms = &self.plan.terms;
        let over = terms.size_bytes_max.filter(|_| terms.on_size == OnSize::Prune).is_some_and(
            // What a file costs beyond its leaves: two nodes a leaf.
            |max| self.plan.sizes.total().saturating_sub(self.freed) > max,
        );
        let Some(ingested) = ingested(&self.log, first)? else {
            if over || going.is_empty() {
                self.plan.notices.push(Notice::AgeUnknown { first });
            }
            return Ok(None);
        };
        let day = u32::try_from(ingested.micros().div_euclid(DAY_MICROS)).unwrap_or(0);
        let age = self.today.saturating_sub(day);
        let why = if terms.leaf.days().is_some_and(|days| age > days) {
            Why::Age
        } else if over {
            let floor = terms.floor_days(None);
            if age < RECENT_DAYS || age <= floor {
                self.note_floor(floor);
                return Ok(None);
            }
            Why::Size
        } else {
            return Ok(None);
        };
        let path = self.log.places().leaf_file(first);
        let bytes = self.log.store().files().stat(&path).map_or(0, |stat| stat.len);
        Ok(Some(LeafFile { first, bytes, ingested, why }))
    }

    /// The follower that is furthest behind.
    fn followers(&self) -> Result<Option<(String, u64)>, VaultError> {
        let store = self.log.store();
        let mut furthest: Option<(String, u64)> = None;
        for name in list_if_there(store.files().as_ref(), &store.places().cursors())? {
            let Some((follower, tenant)) = name.split_once('@') else { continue };
            let Some(cursor) = Cursor::new(store, follower, tenant) else { continue };
            if tenant != self.plan.tenant {
                continue;
            }
            let next = cursor.read()?;
            if furthest.as_ref().is_none_or(|(_, before)| next < *before) {
                furthest = Some((follower.to_owned(), next));
            }
        }
        Ok(furthest)
    }

    fn prune(&mut self, minimum: u64, files: Vec<LeafFile>) -> Result<(), VaultError> {
        let last = files.iter().map(|file| file.ingested).max();
        let last = last.map_or(0, |last| last.micros().div_euclid(DAY_MICROS));
        // Parts of leaves that all go, go before them; a day that stands with one foot in what
        // stays is left to its own time.
        for class in Class::ALL {
            for day in self.log.part_files().days(class)? {
                let may = i64::from(day) <= last + i64::from(RECENT_DAYS);
                if may
                    && !self.gone.contains(&(class, day))
                    && self.is_below(class, day, minimum)?
                {
                    self.expire(class, day, Why::Leaf)?;
                }
            }
        }
        let pruning = pruning(&self.log, minimum, files)?;
        self.plan.steps.push(Step::Prune(pruning));
        Ok(())
    }

    /// Whether a day has no part of a leaf from `minimum` on.
    fn is_below(&self, class: Class, day: u32, minimum: u64) -> Result<bool, VaultError> {
        let Some(mut records) = self.log.part_files().day(class, day)? else { return Ok(true) };
        while let Some(record) = records.next_record()? {
            if record.leaf.is_some_and(|leaf| leaf >= minimum) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// What the parts of a class and day are, as they stand.
pub(super) fn expiry(log: &Log, class: Class, day: u32, why: Why) -> Result<Expiry, VaultError> {
    let path = log.places().day_file(class, day);
    let bytes = log.store().files().stat(&path).map_or(0, |stat| stat.len);
    let mut parts = 0;
    if let Some(mut records) = log.part_files().day(class, day)? {
        while let Some(record) = records.next_record()? {
            parts += u64::from(matches!(record.item, Item::Part(_)));
        }
    }
    Ok(Expiry { class, day, parts, bytes, why })
}

/// What pruning to `minimum` takes, as it stands.
pub(super) fn pruning(
    log: &Log,
    minimum: u64,
    files: Vec<LeafFile>,
) -> Result<Pruning, VaultError> {
    let bytes = below(log.store().files().as_ref(), log.places(), minimum)?;
    Ok(Pruning {
        minimum,
        root: root(log, minimum)?,
        leaves: minimum - log.first(),
        bytes: bytes.iter().map(|(_, bytes)| bytes).sum(),
        files,
    })
}

/// The root of the tree of the leaves before `minimum`.
pub(super) fn root(log: &Log, minimum: u64) -> Result<Hash, Error> {
    prove::root(log.nodes(), minimum).map_err(|error| match error {
        prove::ProveError::Nodes(error) => error,
        _ => Error::Damaged { path: log.places().tree(), what: "it has no such root" },
    })
}

/// Every tenant of a store.
pub(crate) fn tenants(store: &crate::store::Store) -> Result<Vec<String>, Error> {
    let dir = store.places().tenants();
    let names = list_if_there(store.files().as_ref(), &dir)?;
    let is_one = |name: &String| {
        let places = TenantPlaces::new(store.places(), name);
        crate::wal::frame::is_tenant(name) && store.files().stat(places.dir()).is_ok()
    };
    Ok(names.into_iter().filter(is_one).collect())
}
