//! What keeps one tenant from filling the disk of all.

use crate::limits::QUOTA_TENANTS_MAX;
use crate::world::World;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tacho_event::{Span, TenantId};

/// Asked before an event is appended; what a recorder says about itself is never refused. Asked by
/// whoever records, often for callers on other threads: it must not wait for one of those.
pub trait Quota: std::fmt::Debug + Send + Sync {
    /// Whether the tenant may write so many bytes now; if so, they are counted.
    fn admits(&self, tenant: &TenantId, bytes: u64) -> bool;
}

/// So many bytes for each tenant in each stretch of time. One of these serves the recorders of all
/// tenants of a process; it remembers nothing when the process ends.
#[derive(Debug)]
pub struct BytesEach {
    world: Arc<dyn World>,
    bytes: u64,
    every: Span,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    stretch: i64,
    of: HashMap<TenantId, u64>,
}

impl BytesEach {
    /// `bytes` for each tenant in every stretch of `every`.
    pub fn new(world: Arc<dyn World>, bytes: u64, every: Span) -> Self {
        Self { world, bytes, every, used: Mutex::default() }
    }
}

impl Quota for BytesEach {
    fn admits(&self, tenant: &TenantId, bytes: u64) -> bool {
        let stretch = self.world.now().micros() / self.every.micros().max(1);
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.stretch != stretch {
            *used = Used { stretch, of: HashMap::new() };
        }
        if used.of.len() >= QUOTA_TENANTS_MAX && !used.of.contains_key(tenant) {
            return false;
        }
        let used = used.of.entry(tenant.clone()).or_default();
        let after = used.saturating_add(bytes);
        if after > self.bytes {
            return false;
        }
        *used = after;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};
    use tacho_event::Timestamp;

    #[derive(Debug, Default)]
    struct Clock(AtomicI64);

    impl tacho_event::World for Clock {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(self.0.load(Ordering::Relaxed))
        }

        fn fill(&self, _bytes: &mut [u8]) {}
    }

    #[test]
    fn a_tenant_has_its_bytes_in_each_stretch_and_not_one_more() {
        let clock = Arc::new(Clock::default());
        let quota = BytesEach::new(clock.clone(), 100, Span::from_secs(60));
        let (one, other) = (TenantId::new("one").unwrap(), TenantId::new("other").unwrap());
        assert!(quota.admits(&one, 60) && quota.admits(&one, 40));
        assert!(!quota.admits(&one, 1));
        assert!(quota.admits(&other, 99) && !quota.admits(&other, 2) && quota.admits(&other, 1));
        clock.0.store(60_000_000, Ordering::Relaxed);
        assert!(!quota.admits(&one, 101));
        assert!(quota.admits(&one, 100));
    }

    #[test]
    fn tenants_beyond_what_is_remembered_are_refused() {
        let quota = BytesEach::new(Arc::new(Clock::default()), 100, Span::from_secs(60));
        let tenant = |n: usize| TenantId::new(&format!("t{n}")).unwrap();
        assert!((0..QUOTA_TENANTS_MAX).all(|n| quota.admits(&tenant(n), 1)));
        assert!(!quota.admits(&tenant(QUOTA_TENANTS_MAX), 1));
        assert!(quota.admits(&tenant(0), 1));
    }
}
