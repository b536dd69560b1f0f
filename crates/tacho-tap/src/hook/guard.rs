//! Given work and a time, gives what the work gave, or says that it took too long or panicked.
//!
//! No payload is known that makes a hook panic, and the binary has no hidden word for it: that a
//! panic does not escape is shown here, where it is caught.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::Duration;

#[cfg(not(panic = "unwind"))]
compile_error!(
    "a panic must be caught, or the host sees a hook that failed: build it with panic = \"unwind\""
);

/// Within this time a hook ends, whatever it waits for.
pub const DEADLINE: Duration = Duration::from_millis(1000);

/// Why work gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It took too long, and whoever watched it spoke.
    Late,
    /// It panicked.
    Panicked,
    /// There was no thread for it.
    NotBegun,
}

impl Failure {
    /// The word in the ring.
    pub const fn code(self) -> &'static str {
        match self {
            Failure::Late => "deadline",
            Failure::Panicked => "panicked",
            Failure::NotBegun => "no_thread",
        }
    }

    /// What happened, for a person.
    pub const fn what(self) -> &'static str {
        match self {
            Failure::Late => "the hook took too long; what it was told may not be recorded",
            Failure::Panicked => "the hook panicked: this is a bug",
            Failure::NotBegun => "the system gave no thread",
        }
    }
}

/// Does `work` here, for at most `limit`. If that passes first, `late` is called on another thread,
/// and the outcome of the work is nobody's any more: `late` ends the process or is waited for.
///
/// The work is done here and the waiting there, not the other way round: a hook has a thread to
/// make and none to wait for, which on a busy machine is most of its time.
///
/// # Errors
/// Why it gave nothing.
pub fn within<T>(
    limit: Duration,
    work: impl FnOnce() -> T,
    late: impl FnOnce() + Send + 'static,
) -> Result<T, Failure> {
    let is_over = Arc::new(AtomicBool::new(false));
    let (done, wait) = channel::<()>();
    let over = is_over.clone();
    let watcher = Builder::new().name("deadline".to_owned()).spawn(move || {
        let passed = wait.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
        if passed && !over.swap(true, Ordering::AcqRel) {
            late();
        }
    });
    let Ok(watcher) = watcher else { return Err(Failure::NotBegun) };
    // Nothing that the work may leave half done is looked at afterwards but what a lock guards.
    let given = catch_unwind(AssertUnwindSafe(work));
    if is_over.swap(true, Ordering::AcqRel) {
        // Its panics are silent as well.
        let _ = watcher.join();
        return Err(Failure::Late);
    }
    drop(done);
    given.map_err(|_| Failure::Panicked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_panics_or_hangs_is_told_and_does_not_escape() {
        assert_eq!(within(DEADLINE, || 7, || ()), Ok(7));
        let panicked = within(DEADLINE, || panic!("a bug"), || ());
        assert_eq!(panicked, Err::<(), _>(Failure::Panicked));
        // The work hangs until the deadline has passed and was told.
        let (tell, told) = channel();
        let (ever, for_ever) = channel::<()>();
        let late = within(
            Duration::from_millis(1),
            || {
                told.recv().unwrap();
                drop(ever);
                7
            },
            move || {
                tell.send(()).unwrap();
                assert!(for_ever.recv().is_err());
            },
        );
        assert_eq!(late, Err(Failure::Late));
    }
}
