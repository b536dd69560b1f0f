//! What a filter is asked of: an event, a leaf alone, or a leaf with some of its disclosures.

use crate::event::Event;
use crate::json::Object;
use crate::privacy::{Class, digests};
use crate::shape::Home;

/// Whether something holds, as far as one can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// It depends on something hidden.
    Unknown,
}

/// Classes of disclosures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classes {
    /// Disclosures of class content (and of class evidence, which holds what policies put there).
    pub content: bool,
    /// Disclosures of class identity (and of class evidence).
    pub identity: bool,
}

impl Classes {
    /// No class: what the leaf alone can answer.
    pub const NONE: Self = Self { content: false, identity: false };
    /// Every class.
    pub const ALL: Self = Self { content: true, identity: true };

    /// The classes in which a member of this home may be.
    pub fn of(home: Home) -> Self {
        match home {
            Home::Leaf | Home::Route => Self::NONE,
            Home::Input | Home::Output | Home::Detail => Self { content: true, identity: false },
            Home::Who => Self { content: false, identity: true },
            Home::WhoOrDetail => Self::ALL,
        }
    }

    /// The classes of either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { content: self.content || other.content, identity: self.identity || other.identity }
    }

    /// True if some class is in both.
    pub fn meets(self, other: Self) -> bool {
        self.content && other.content || self.identity && other.identity
    }

    /// True without a class.
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }
}

/// An event as far as it is shown.
pub trait Fields {
    /// Its members, each at its place in the event.
    fn members(&self) -> &Object;

    /// The classes of which something may be hidden: not opened, expired or erased.
    fn hidden(&self) -> Classes;

    /// The tenant in whose log the event is, if known: no entry tells.
    fn tenant(&self) -> Option<&str> {
        None
    }
}

impl Fields for Event {
    fn members(&self) -> &Object {
        self.object()
    }

    fn hidden(&self) -> Classes {
        Classes::NONE
    }

    fn tenant(&self) -> Option<&str> {
        Event::tenant(self).map(|tenant| tenant.as_str())
    }
}

/// A document alone: a leaf, or a whole event. What a leaf hides is what its digests say.
impl Fields for Object {
    fn members(&self) -> &Object {
        self
    }

    fn hidden(&self) -> Classes {
        let any = |class| digests(self, class).next().is_some();
        let evidence = any(Class::Evidence);
        let (content, identity) = (any(Class::Content), any(Class::Identity));
        Classes { content: content || evidence, identity: identity || evidence }
    }
}

/// A leaf merged with those of its disclosures that could be opened, as
/// [`reveal`](crate::privacy::reveal) gives it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The tenant in whose log it is.
    pub tenant: Option<&'a str>,
    /// The members of the leaf and of the opened disclosures.
    pub members: &'a Object,
    /// The classes of the disclosures that could not be opened, or were not.
    pub hidden: Classes,
}

impl Fields for Shown<'_> {
    fn members(&self) -> &Object {
        self.members
    }

    fn hidden(&self) -> Classes {
        self.hidden
    }

    fn tenant(&self) -> Option<&str> {
        self.tenant
    }
}

/// True for what a leaf says in the place of a name or id that it may not show for ever.
pub(super) fn is_stand_in(text: &str) -> bool {
    text == "other" || text.starts_with("hidden-")
}
