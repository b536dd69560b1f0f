//! Given an operation that may fail for a moment, tries it again; each attempt is an event.
//!
//! ```text
//! delay after attempt n (from 0) = base_delay * 2^n + jitter,  0 <= jitter < base_delay * 2^n
//!                                  or what `Retry-After` says, if that is longer
//! ```
//!
//! It gives up when the error is not transient, when the retries are used up, when the next delay
//! would end after `total_max`, and when an emergency stop forbids the agent to go on. Nothing
//! here sleeps by itself in an async program: the caller brings the sleep of its runtime. A future
//! that is dropped leaves nothing behind but an event that says `cancelled`.
//!
//! ```
//! use tacho_shapes::retry::{CallError, retry_on_transient_error};
//! let mut calls = 0;
//! let answer = retry_on_transient_error(3, 0.001).run(|| {
//!     calls += 1;
//!     if calls < 3 { Err(CallError::http(503)) } else { Ok("posted") }
//! });
//! assert_eq!((answer.unwrap(), calls), ("posted", 3));
//! ```

mod attempts;
mod transient;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use backon::{BlockingSleeper, Sleeper};
use tacho_event::{Span, Status, random};
use tachograph::world::{OsWorld, World};

use crate::book::Book;
use attempts::Attempts;

pub use transient::{CallError, TRANSIENT_STATUSES, Transient, parse_retry_after};

/// Retries that the vault's decorator makes by default.
pub const MAX_RETRIES: u32 = 3;
/// Its first delay, in seconds.
pub const BASE_DELAY_SECONDS: f64 = 1.0;
/// All attempts and delays together end before this, unless told otherwise: 2 minutes.
pub const TOTAL_MAX: Duration = Duration::from_secs(120);
/// No total is longer: 1 day.
const TOTAL_CAP: Duration = Duration::from_secs(86_400);

/// How to retry: at most `max_retries` times, first after `base_delay` seconds.
#[must_use]
pub fn retry_on_transient_error(max_retries: u32, base_delay: f64) -> Retry {
    Retry { max_retries, base_delay: seconds(base_delay), ..Retry::default() }
}

/// How often, how long and for whom an operation is tried again.
#[derive(Clone, Debug)]
pub struct Retry {
    max_retries: u32,
    base_delay: Duration,
    total_max: Duration,
    seed: Option<u64>,
    operation: String,
    session: Option<String>,
    agent: Option<String>,
    book: Option<Book>,
    world: Arc<dyn World>,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            max_retries: MAX_RETRIES,
            base_delay: seconds(BASE_DELAY_SECONDS),
            total_max: TOTAL_MAX,
            seed: None,
            operation: "operation".to_owned(),
            session: None,
            agent: None,
            book: None,
            world: Arc::new(OsWorld),
        }
    }
}

impl Retry {
    /// Ends before this much time has passed, delays included; at most a day.
    #[must_use]
    pub fn total_max(mut self, total: Duration) -> Self {
        self.total_max = total.min(TOTAL_CAP);
        self
    }

    /// Records every attempt of `operation`, and heeds the emergency stops of the book's store.
    #[must_use]
    pub fn recorded(mut self, book: &Book, operation: &str) -> Self {
        self.world = book.world().clone();
        self.book = Some(book.clone());
        self.operation = operation.to_owned();
        self
    }

    /// Says which session the attempts belong to.
    #[must_use]
    pub fn session(mut self, id: &str) -> Self {
        self.session = Some(id.to_owned());
        self
    }

    /// Says which agent tries.
    #[must_use]
    pub fn agent(mut self, id: &str) -> Self {
        self.agent = Some(id.to_owned());
        self
    }

    /// Takes the time from `world`.
    #[must_use]
    pub fn world(mut self, world: Arc<dyn World>) -> Self {
        self.world = world;
        self
    }

    /// Rolls the dice of the jitter from a seed, so that a run can be had again.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Runs `operation` until it works or gives up; sleeps as threads do.
    ///
    /// # Errors
    /// Why it gave up, with the last error.
    pub fn run<T, E: Transient>(
        &self,
        operation: impl FnMut() -> Result<T, E>,
    ) -> Result<T, RetryError<E>> {
        self.run_with(backon::StdSleeper, operation)
    }

    /// Like [`Retry::run`], with a sleep of the caller's.
    ///
    /// # Errors
    /// Why it gave up, with the last error.
    pub fn run_with<T, E: Transient>(
        &self,
        sleeper: impl BlockingSleeper,
        mut operation: impl FnMut() -> Result<T, E>,
    ) -> Result<T, RetryError<E>> {
        let mut attempts = Attempts::new(self);
        loop {
            attempts.begin()?;
            match operation() {
                Ok(done) => {
                    attempts.succeeded();
                    return Ok(done);
                }
                Err(error) => match attempts.failed(&error) {
                    Ok(delay) => sleeper.sleep(delay),
                    Err(why) => return Err(attempts.gave_up(error, why)),
                },
            }
        }
    }

    /// Runs `operation` until it works or gives up; `sleeper` is the sleep of the caller's
    /// runtime, as in `tokio::time::sleep`.
    ///
    /// # Errors
    /// Why it gave up, with the last error.
    pub async fn run_async<T, E, F>(
        &self,
        sleeper: impl Sleeper,
        mut operation: impl FnMut() -> F,
    ) -> Result<T, RetryError<E>>
    where
        E: Transient,
        F: Future<Output = Result<T, E>>,
    {
        // Dropped with the future: then the attempt that was under way is told as cancelled.
        let mut attempts = Attempts::new(self);
        loop {
            attempts.begin()?;
            match operation().await {
                Ok(done) => {
                    attempts.succeeded();
                    return Ok(done);
                }
                Err(error) => match attempts.failed(&error) {
                    Ok(delay) => drop(sleeper.sleep(delay).await),
                    Err(why) => return Err(attempts.gave_up(error, why)),
                },
            }
        }
    }

    /// The delays before each retry, if nothing but this policy says how long.
    pub fn delays(&self) -> impl Iterator<Item = Duration> + use<> {
        backon::BackoffBuilder::build(self.backoff())
    }

    fn backoff(&self) -> backon::ExponentialBuilder {
        let seed = self.seed.unwrap_or_else(|| u64::from_le_bytes(random(&self.world.as_ref())));
        backon::ExponentialBuilder::new()
            .with_factor(2.0)
            .with_min_delay(self.base_delay.min(self.total_max))
            .with_max_delay(self.total_max)
            .with_max_times(usize::try_from(self.max_retries).unwrap_or(usize::MAX))
            .with_jitter()
            .with_jitter_seed(seed)
    }
}

/// Why an operation was not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GaveUp {
    /// The error will not pass by itself.
    Permanent,
    /// The retries are used up.
    Retries,
    /// The next attempt would come after the time is over.
    Time,
}

impl GaveUp {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Retries => "retries",
            Self::Time => "time",
        }
    }
}

/// Why an operation has no outcome.
#[derive(Debug, PartialEq, Eq)]
pub enum RetryError<E> {
    /// It failed.
    Failed {
        /// The last error.
        error: E,
        /// Attempts that were made.
        attempts: u32,
        /// Why no further one was made.
        why: GaveUp,
    },
    /// An emergency stop forbids it.
    Stopped {
        /// Attempts that were made before.
        attempts: u32,
        /// What the stop says.
        reason: String,
    },
}

impl<E> RetryError<E> {
    /// The last error; none if a stop ended it.
    pub fn into_error(self) -> Option<E> {
        match self {
            Self::Failed { error, .. } => Some(error),
            Self::Stopped { .. } => None,
        }
    }
}

impl<E: fmt::Display> fmt::Display for RetryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { error, attempts, why } => {
                write!(f, "gave up after {attempts} attempts ({}): {error}", why.as_str())
            }
            Self::Stopped { attempts, reason } => {
                write!(f, "stopped after {attempts} attempts: {reason}")
            }
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for RetryError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Failed { error, .. } => Some(error),
            Self::Stopped { .. } => None,
        }
    }
}

/// A number of seconds that a caller wrote; what is none is no delay.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default().min(TOTAL_CAP)
}

fn span(delay: Duration) -> Span {
    Span::from_micros(i64::try_from(delay.as_micros()).unwrap_or(i64::MAX))
}

/// The status of an attempt that failed.
const fn failed_status(gave_up: Option<GaveUp>) -> Status {
    if gave_up.is_some() { Status::Failure } else { Status::Retry }
}
