//! Given whoever waits for long work, tells him which of its steps it takes.

use std::fmt;
use std::sync::Arc;

/// A step of long work: `3 of 5, writing over`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What it does.
    pub name: &'static str,
    /// Which it is, from 1 on.
    pub number: u64,
    /// How many there are; work that was interrupted may take some of them again.
    pub of: u64,
}

/// Who is told; nobody, unless somebody asks to be.
#[derive(Clone, Default)]
pub struct Telling(Option<Arc<dyn Fn(Step) + Send + Sync>>);

impl Telling {
    /// Tells each step to `tell`, which must not take long.
    pub fn new(tell: impl Fn(Step) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    pub(crate) fn tell(&self, name: &'static str, number: u64, of: u64) {
        if let Some(tell) = &self.0 {
            tell(Step { name, number, of });
        }
    }
}

impl fmt::Debug for Telling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Telling").field(&self.0.is_some()).finish()
    }
}
