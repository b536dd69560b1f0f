//! Given work and a time, gives what the work gave, or says that it took too long or panicked.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::Duration;

/// Within this time a hook ends, whatever it waits for.
pub const DEADLINE: Duration = Duration::from_millis(1000);

/// Why work gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It took too long; its thread is left behind and dies with the process.
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

/// Does `work` on a thread of its own, for at most `limit`.
///
/// # Errors
/// Why it gave nothing.
pub fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let (done, wait) = channel();
    let thread = Builder::new().name("hook".to_owned()).spawn(move || {
        // Nobody waits any more where this fails.
        let _ = done.send(work());
    });
    if thread.is_err() {
        return Err(Failure::NotBegun);
    }
    match wait.recv_timeout(limit) {
        Ok(given) => Ok(given),
        Err(RecvTimeoutError::Timeout) => Err(Failure::Late),
        // The sender was dropped without a word.
        Err(RecvTimeoutError::Disconnected) => Err(Failure::Panicked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_panics_or_hangs_is_told_and_does_not_escape() {
        assert_eq!(within(DEADLINE, || 7), Ok(7));
        assert_eq!(within(DEADLINE, || panic!("a bug")), Err::<(), _>(Failure::Panicked));
        let (hold, forever) = channel::<()>();
        let late = within(Duration::from_millis(1), move || forever.recv());
        assert_eq!(late, Err(Failure::Late));
        drop(hold);
    }
}
