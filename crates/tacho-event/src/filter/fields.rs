//! What a filter is asked of: an event, a leaf alone, or a leaf with some of its disclosures.

use crate::event::Event;
use crate::json::Object;
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
    /// Number `n` of the documents that together make the event, each with its members at their
    /// places in the event: the leaf, then each opened disclosure. `None` after the last.
    fn part(&self, n: usize) -> Option<&Object>;

    /// The classes of which something may be hidden: not opened, expired or erased.
    fn hidden(&self) -> Classes;

    /// The tenant in whose log the event is, if known: no entry tells.
    fn tenant(&self) -> Option<&str> {
        None
    }
}

impl Fields for Event {
    fn part(&self, n: usize) -> Option<&Object> {
        (n == 0).then_some(self.object())
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
    fn part(&self, n: usize) -> Option<&Object> {
        (n == 0).then_some(self)
    }

    fn hidden(&self) -> Classes {
        let digests =
            |class: &str| self.object(class).is_some_and(|class| class.get("_sd").is_some());
        let evidence = digests("evidence");
        Classes {
            content: evidence || digests("content"),
            identity: evidence || digests("identity"),
        }
    }
}

/// A leaf with those of its disclosures that could be opened.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The tenant in whose log it is.
    pub tenant: Option<&'a str>,
    /// The leaf.
    pub leaf: &'a Object,
    /// The values of the opened disclosures, their members at their places in the event.
    pub opened: &'a [Object],
    /// The classes of the disclosures that could not be opened, or were not.
    pub hidden: Classes,
}

impl Fields for Shown<'_> {
    fn part(&self, n: usize) -> Option<&Object> {
        match n.checked_sub(1) {
            None => Some(self.leaf),
            Some(n) => self.opened.get(n),
        }
    }

    fn hidden(&self) -> Classes {
        self.hidden
    }

    fn tenant(&self) -> Option<&str> {
        self.tenant
    }
}
