//! Given requests for people outside, sends them out at once and gives the answers as they come,
//! until the time is over.
//!
//! This is the seam to the network: the trunk has none of its own. A [`Carrier`] brings a request
//! to one witness, authority or keeper of copies, and its answer back; `command` has one that runs
//! a command, a server brings its own. Carriers run in threads and touch no store; whoever does not
//! come back in time is not waited for.

use std::fmt::{self, Debug};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// Brings a request to somebody outside and the answer back.
pub trait Carrier: Debug + Send + Sync {
    /// Sends `request` and waits for the answer, no longer than `patience`.
    ///
    /// # Errors
    /// Why there is no answer.
    fn carry(&self, request: &[u8], patience: Duration) -> Result<Answer, CarryError>;
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status; 200 where whoever was asked has no statuses.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CarryError {
    /// The time was over.
    TimedOut,
    /// More came back than an answer may have.
    TooLong,
    /// It could not be asked; in the carrier's words.
    Failed(String),
}

impl fmt::Display for CarryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("no answer in time"),
            Self::TooLong => f.write_str("the answer is too long"),
            Self::Failed(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for CarryError {}

/// Requests on their way, each under a number of the caller's.
#[derive(Debug)]
pub(super) struct Errands {
    until: Instant,
    out: usize,
    tell: Sender<(usize, Result<Answer, CarryError>)>,
    told: Receiver<(usize, Result<Answer, CarryError>)>,
}

impl Errands {
    /// None on their way yet; all of them have `patience` together.
    #[expect(clippy::disallowed_methods, reason = "how long is left, and nothing is dated by it")]
    pub(super) fn new(patience: Duration) -> Self {
        let (tell, told) = channel();
        Self { until: Instant::now() + patience, out: 0, tell, told }
    }

    /// Sends a request out.
    pub(super) fn send(&mut self, number: usize, carrier: &Arc<dyn Carrier>, request: Vec<u8>) {
        let (carrier, tell, left) = (carrier.clone(), self.tell.clone(), self.left());
        let carry = move || {
            // Nobody may listen any more: then the answer is asked for another time.
            let _ = tell.send((number, carrier.carry(&request, left)));
        };
        let started = std::thread::Builder::new().name("tacho-anchor".to_owned()).spawn(carry);
        self.out += 1;
        if let Err(error) = started {
            let failed = CarryError::Failed(format!("no thread to ask with: {error}"));
            let _ = self.tell.send((number, Err(failed)));
        }
    }

    /// The next answer; none if nobody is out, or the time is over.
    pub(super) fn next(&mut self) -> Option<(usize, Result<Answer, CarryError>)> {
        if self.out == 0 {
            return None;
        }
        // A carrier that heeds its patience says so itself a little later than its time is over.
        let next = self.told.recv_timeout(self.left() + GRACE).ok()?;
        self.out -= 1;
        Some(next)
    }

    #[expect(clippy::disallowed_methods, reason = "how long is left, and nothing is dated by it")]
    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

/// How much later than its time a carrier may come back.
const GRACE: Duration = Duration::from_millis(200);
