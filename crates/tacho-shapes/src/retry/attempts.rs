//! The attempts of one operation: decides after each what comes next, and records it.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff};
use tacho_event::{ActionType, Draft, Severity, Span, Status, Timestamp};

use super::{GaveUp, Retry, RetryError, Transient, failed_status, span};
use crate::book::Book;

/// What was tried so far. Dropped before its end, it says that the attempt was cancelled.
pub(super) struct Attempts<'r> {
    retry: &'r Retry,
    backoff: ExponentialBackoff,
    started: Timestamp,
    /// Delays so far: the clock may be set back, what was slept was slept.
    slept: Duration,
    number: u32,
    began: Timestamp,
    is_over: bool,
}

impl<'r> Attempts<'r> {
    pub(super) fn new(retry: &'r Retry) -> Self {
        let now = retry.world.now();
        Self {
            retry,
            backoff: retry.backoff().build(),
            started: now,
            slept: Duration::ZERO,
            number: 0,
            began: now,
            is_over: false,
        }
    }

    /// Before an attempt: an emergency stop ends it here.
    pub(super) fn begin<E>(&mut self) -> Result<(), RetryError<E>> {
        let Retry { book, agent, session, .. } = self.retry;
        let stop =
            book.as_ref().and_then(|book| book.stopped(agent.as_deref(), session.as_deref()));
        if let Some(reason) = stop {
            self.is_over = true;
            let attempts = self.number;
            self.record(|draft| draft.status(Status::Denied).detail("reason", reason.as_str()));
            return Err(RetryError::Stopped { attempts, reason });
        }
        self.number += 1;
        self.began = self.retry.world.now();
        Ok(())
    }

    pub(super) fn succeeded(&mut self) {
        self.is_over = true;
        self.record(Draft::succeeded);
    }

    /// The delay before the next attempt, or why there is none.
    pub(super) fn failed<E: Transient>(&mut self, error: &E) -> Result<Duration, GaveUp> {
        let next = self.next_delay(error);
        self.is_over = next.is_err();
        let (kind, message) = (error.kind(), error.message());
        self.record(|draft| {
            let draft = draft.failed(&kind, &message).status(failed_status(next.err()));
            let draft = draft.severity(Severity::Warning);
            match next {
                Ok(delay) => draft.detail("delay_ms", milliseconds(delay)),
                Err(why) => draft.detail("gave_up", why.as_str()).severity(Severity::Error),
            }
        });
        self.slept = self.slept.saturating_add(next.unwrap_or_default());
        next
    }

    pub(super) fn gave_up<E>(&self, error: E, why: GaveUp) -> RetryError<E> {
        RetryError::Failed { error, attempts: self.number, why }
    }

    fn next_delay<E: Transient>(&mut self, error: &E) -> Result<Duration, GaveUp> {
        if !error.is_transient() {
            return Err(GaveUp::Permanent);
        }
        let delay = self.backoff.next().ok_or(GaveUp::Retries)?;
        let delay = delay.max(error.retry_after().unwrap_or_default());
        let passed = self.retry.world.now().micros() - self.started.micros();
        let passed = Duration::from_micros(u64::try_from(passed).unwrap_or(0)).max(self.slept);
        let end = passed.checked_add(delay).filter(|end| *end <= self.retry.total_max);
        end.map(|_| delay).ok_or(GaveUp::Time)
    }

    fn record(&self, say: impl FnOnce(Draft) -> Draft) {
        let Some(book) = &self.retry.book else { return };
        let draft = Draft::new(ActionType::External, "retry")
            .detail("operation", self.retry.operation.as_str())
            .detail("max_retries", self.retry.max_retries)
            .with_some("agent.id", self.retry.agent.as_deref())
            .with_some("agent.session_id", self.retry.session.as_deref());
        let took = self.retry.world.now().micros() - self.began.micros();
        let draft = match self.number {
            0 => draft,
            number => draft.attempt(number).took(Span::from_micros(took.max(0))),
        };
        tell(book, say(draft));
    }
}

impl Drop for Attempts<'_> {
    fn drop(&mut self) {
        if !self.is_over && self.number > 0 {
            self.record(|draft| draft.status(Status::Cancelled));
        }
    }
}

/// What is not recorded here is counted by the recorder, and named by a gap.
fn tell(book: &Book, draft: Draft) {
    book.send(draft);
}

fn milliseconds(delay: Duration) -> f64 {
    span(delay).micros() as f64 / 1000.0
}
