//! Given a preset, what somebody wrote and the profiles that bind, gives how long and how much one
//! tenant keeps; or says which rule forbids it.
//!
//! ```text
//! written    retention.cold = "365d", pii_retention = "30d", retention.profile = "eu-ai-act"
//! terms      nothing optional: leaves 365 days, content 365, identity 30, hot 7, warm 30, ..
//! ```
//!
//! Whatever nobody wrote comes from the preset, and is lifted to what a profile asks for; what
//! somebody wrote is never changed, but refused where a rule forbids it.

use std::fmt;

use tacho_event::privacy::{Class, Preset};

use super::period::{Period, parse_size};
use super::profile::{Minimum, Profile};
use crate::erase::Keep;

/// Above this a log is said to be growing large, unless somebody says otherwise: 20 GiB.
const SIZE_BYTES_MAX: u64 = 20 << 30;
/// At this part of the bound a warning is recorded.
const WARN_PERCENT: u64 = 80;
const HOT_DAYS: u32 = 7;
const WARM_DAYS: u32 = 30;

/// What somebody wrote; whatever is none was not written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// `retention.hot`: everything at hand, as it was written.
    pub hot: Option<Period>,
    /// `retention.warm`: day files packed behind it.
    pub warm: Option<Period>,
    /// `retention.cold`: how long leaves are kept.
    pub cold: Option<Period>,
    /// `retention.content`: how long content is kept.
    pub content: Option<Period>,
    /// `pii_retention`: how long identity is kept.
    pub identity: Option<Period>,
    /// `retention.size_max`: bytes of a tenant's log; the inner none is no bound.
    pub size: Option<Option<u64>>,
    /// `retention.content_size_max`: bytes of content.
    pub content_size: Option<Option<u64>>,
    /// `retention.identity_size_max`: bytes of identity.
    pub identity_size: Option<Option<u64>>,
    /// `retention.on_size`: what happens at the bound.
    pub on_size: Option<OnSize>,
    /// `retention.profile`: the rules that bind.
    pub profiles: Vec<Profile>,
}

/// What happens when a log reaches its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnSize {
    /// The oldest goes, as far as no profile, hold or clock forbids it.
    Prune,
    /// It is said, and nothing goes.
    Warn,
}

/// One setting of retention: its name, what it wants, and what it is for. A configuration takes
/// its rows from here; a project's file may say none of them.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The name.
    pub name: &'static str,
    /// What a fit value is.
    pub wants: &'static str,
    /// What holds else.
    pub usual: &'static str,
    /// What it is for.
    pub about: &'static str,
}

const PERIOD: &str = "a period as in 7d, 6w, 12mo, 7y, or `forever`";
const SIZE: &str = "a size as in 500MB, 20GiB, or `none`";

/// Every setting of retention.
pub const ROWS: &[Row] = &[
    row("retention.hot", PERIOD, "7d", "How long everything is at hand as it was written."),
    row("retention.warm", PERIOD, "30d", "From then on closed days are packed; until then hot."),
    row("retention.cold", PERIOD, "the preset's", "How long leaves are kept; then totals remain."),
    row("retention.content", PERIOD, "the preset's", "How long content is kept."),
    row("pii_retention", PERIOD, "the preset's", "How long it is kept who it was."),
    row("retention.size_max", SIZE, "20GiB", "Bytes of a tenant's log before the oldest goes."),
    row("retention.content_size_max", SIZE, "none", "Bytes of content before the oldest day goes."),
    row("retention.identity_size_max", SIZE, "none", "Bytes of who it was, likewise."),
    row("retention.on_size", "prune or warn", "the preset's", "What happens at `size_max`."),
    row(
        "retention.profile",
        "some of eu-ai-act, hipaa, pci, separated by commas",
        "none",
        "Rules whose minimum periods bind: what is shorter is refused.",
    ),
];

const fn row(
    name: &'static str,
    wants: &'static str,
    usual: &'static str,
    about: &'static str,
) -> Row {
    Row { name, wants, usual, about }
}

impl Written {
    /// Takes in a setting; none if it is not one of [`ROWS`], false if its value is not fit.
    pub fn set(&mut self, name: &str, value: &str) -> Option<bool> {
        let period = |place: &mut Option<Period>| {
            *place = Period::parse(value);
            place.is_some()
        };
        let size = |place: &mut Option<Option<u64>>| {
            *place = parse_size(value);
            place.is_some()
        };
        Some(match name {
            "retention.hot" => period(&mut self.hot),
            "retention.warm" => period(&mut self.warm),
            "retention.cold" => period(&mut self.cold),
            "retention.content" => period(&mut self.content),
            "pii_retention" => period(&mut self.identity),
            "retention.size_max" => size(&mut self.size),
            "retention.content_size_max" => size(&mut self.content_size),
            "retention.identity_size_max" => size(&mut self.identity_size),
            "retention.on_size" => {
                self.on_size = match value {
                    "prune" => Some(OnSize::Prune),
                    "warn" => Some(OnSize::Warn),
                    _ => None,
                };
                self.on_size.is_some()
            }
            "retention.profile" => {
                let profiles = value.split(',').map(|name| Profile::parse(name.trim()));
                let profiles: Option<Vec<Profile>> = profiles.collect();
                let is_fit = profiles.is_some();
                self.profiles = profiles.unwrap_or_default();
                is_fit
            }
            _ => return None,
        })
    }
}

/// How long and how much one tenant keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The name that a certificate bears: the preset, with the profiles behind it.
    pub name: String,
    /// How long everything is at hand as it was written.
    pub hot: Period,
    /// From then on closed days are packed.
    pub warm: Period,
    /// How long leaves are kept.
    pub leaf: Period,
    /// How long content is kept.
    pub content: Period,
    /// How long identity is kept.
    pub identity: Period,
    /// Bytes of a tenant's log.
    pub size_bytes_max: Option<u64>,
    /// Bytes of content.
    pub content_bytes_max: Option<u64>,
    /// Bytes of identity.
    pub identity_bytes_max: Option<u64>,
    /// What happens at the bound.
    pub on_size: OnSize,
    /// Rules that bind.
    pub profiles: Vec<Profile>,
}

impl Terms {
    /// The terms of a preset alone.
    pub fn of(preset: Preset) -> Self {
        Self::resolve(preset, &Written::default()).unwrap_or_else(|_| Self::usual(preset))
    }

    /// The terms of a preset, of what was written and of the profiles in it.
    ///
    /// # Errors
    /// Which setting is too short for which rule, or which two do not go together.
    pub fn resolve(preset: Preset, written: &Written) -> Result<Self, TermsError> {
        let mut terms = Self::usual(preset);
        terms.profiles.clone_from(&written.profiles);
        terms.profiles.sort_unstable();
        terms.profiles.dedup();
        for profile in &terms.profiles {
            terms.name = format!("{}+{}", terms.name, profile.minimum().name);
        }
        let lifted = |usual: Period, ask: fn(&Minimum) -> u32| {
            let asked = written.profiles.iter().map(|profile| ask(&profile.minimum())).max();
            usual.max(Period::Days(asked.unwrap_or(0)))
        };
        terms.leaf = written.cold.unwrap_or(lifted(terms.leaf, |one| one.leaf_days));
        let content = lifted(terms.content.min(terms.leaf), |one| one.content_days);
        terms.content = written.content.unwrap_or(content);
        let identity = lifted(terms.identity.min(terms.leaf), |one| one.identity_days);
        terms.identity = written.identity.unwrap_or(identity);
        terms.warm =
            written.warm.unwrap_or(lifted(terms.warm.min(terms.leaf), |one| one.online_days));
        terms.hot = written.hot.unwrap_or(terms.hot.min(terms.warm));
        terms.size_bytes_max = written.size.unwrap_or(terms.size_bytes_max);
        terms.content_bytes_max = written.content_size.flatten();
        terms.identity_bytes_max = written.identity_size.flatten();
        terms.on_size = written.on_size.unwrap_or(terms.on_size);
        terms.check()?;
        Ok(terms)
    }

    fn usual(preset: Preset) -> Self {
        let terms = preset.terms();
        let days = |days: Option<u32>| Period::Days(days.unwrap_or(terms.leaf_days));
        Self {
            name: terms.name.to_owned(),
            hot: Period::Days(HOT_DAYS),
            warm: Period::Days(WARM_DAYS),
            leaf: Period::Days(terms.leaf_days),
            content: days(terms.content_days),
            identity: days(terms.identity_days),
            size_bytes_max: Some(SIZE_BYTES_MAX),
            content_bytes_max: None,
            identity_bytes_max: None,
            // Evidence is not destroyed by a default that nobody chose.
            on_size: if terms.cleanup || terms.leaf_days <= 30 {
                OnSize::Prune
            } else {
                OnSize::Warn
            },
            profiles: Vec::new(),
        }
    }

    fn check(&self) -> Result<(), TermsError> {
        for profile in &self.profiles {
            let asks = profile.minimum();
            let kept = [
                ("retention.cold", self.leaf, asks.leaf_days),
                ("retention.content", self.content, asks.content_days),
                ("pii_retention", self.identity, asks.identity_days),
                ("retention.warm", self.warm, asks.online_days),
            ];
            for (setting, period, days) in kept {
                if !period.covers(days) {
                    return Err(TermsError::TooShort { setting, period, days, asks });
                }
            }
        }
        let order = [
            ("retention.hot", self.hot, "retention.warm", self.warm),
            ("retention.warm", self.warm, "retention.cold", self.leaf),
            ("retention.content", self.content, "retention.cold", self.leaf),
            ("pii_retention", self.identity, "retention.cold", self.leaf),
        ];
        for (shorter, period, longer, bound) in order {
            if period > bound {
                return Err(TermsError::Outlives { shorter, period, longer, bound });
            }
        }
        Ok(())
    }

    /// How long parts are kept, as an expiry asks.
    pub fn keep(&self) -> Keep {
        Keep { content_days: self.content.days(), identity_days: self.identity.days() }
    }

    /// Bytes of a class's day files before the oldest goes.
    pub fn class_bytes_max(&self, class: Class) -> Option<u64> {
        match class {
            Class::Content => self.content_bytes_max,
            Class::Identity => self.identity_bytes_max,
            Class::Evidence => None,
        }
    }

    /// The days that no bound of size may cut into, for a class or (none) for leaves.
    pub fn floor_days(&self, class: Option<Class>) -> u32 {
        let ask = |profile: &Profile| {
            let asks = profile.minimum();
            match class {
                None | Some(Class::Evidence) => asks.leaf_days,
                Some(Class::Content) => asks.content_days,
                Some(Class::Identity) => asks.identity_days,
            }
        };
        self.profiles.iter().map(ask).max().unwrap_or(0).max(1)
    }

    /// The bytes at which a warning is due.
    pub fn warn_bytes(&self) -> Option<u64> {
        self.size_bytes_max.map(|max| max / 100 * WARN_PERCENT)
    }

    /// In which tier something of this age stands.
    pub fn tier(&self, age_days: u32) -> Tier {
        match Period::Days(age_days) {
            age if age <= self.hot => Tier::Hot,
            age if age <= self.warm => Tier::Warm,
            age if age <= self.leaf => Tier::Cold,
            _ => Tier::Over,
        }
    }
}

/// How near at hand something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Everything, as it was written.
    Hot,
    /// Everything; whoever asks for a span of days may be given totals first.
    Warm,
    /// Leaves and packed parts, for those who have to prove something.
    Cold,
    /// Past its time: it goes with the next prune, and its totals stay.
    Over,
}

/// Why terms are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TermsError {
    /// A rule asks for longer.
    TooShort {
        /// The setting.
        setting: &'static str,
        /// What it says.
        period: Period,
        /// What is asked for.
        days: u32,
        /// By whom.
        asks: Minimum,
    },
    /// One thing would be kept longer than what it stands on.
    Outlives {
        /// The setting that is too long.
        shorter: &'static str,
        /// What it says.
        period: Period,
        /// The setting that bounds it.
        longer: &'static str,
        /// What that one says.
        bound: Period,
    },
}

impl fmt::Display for TermsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { setting, period, days, asks } => write!(
                f,
                "{setting} = {period} is shorter than profile {} allows, which asks for {days} \
                 days ({})",
                asks.name, asks.rule
            ),
            Self::Outlives { shorter, period, longer, bound } => {
                write!(f, "{shorter} = {period} is longer than {longer} = {bound}")
            }
        }
    }
}

impl std::error::Error for TermsError {}

#[cfg(test)]
mod tests;
