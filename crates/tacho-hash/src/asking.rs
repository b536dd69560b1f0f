//! Given how much is at hand, says whether to ask what the processor has for it.
//!
//! The question is free on a bare machine. On a virtual one each of its steps stops the machine,
//! for one to twelve microseconds, and `std` takes seven: a process that lives for one event, as a
//! hook does, would spend more time on it than on the event.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Whether this process, with so many bytes more, has worked on more than a short-lived one does.
///
/// It is counted for the process, as the answer is kept for it, and changes nothing but the time.
pub fn is_worth_asking(bytes: usize) -> bool {
    /// Of a few events.
    const FEW_BYTES: usize = 32 << 10;
    static SO_FAR: AtomicUsize = AtomicUsize::new(0);
    let before = SO_FAR.load(Ordering::Relaxed);
    let now = before.saturating_add(bytes);
    if before < FEW_BYTES {
        // Of two threads that count at once, one may be forgotten: then the next one asks.
        SO_FAR.store(now, Ordering::Relaxed);
    }
    now >= FEW_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_works_on_much_asks_and_goes_on_asking() {
        while !is_worth_asking(1 << 10) {}
        assert!(is_worth_asking(0));
        assert!(is_worth_asking(usize::MAX));
        assert!(is_worth_asking(0));
    }
}
