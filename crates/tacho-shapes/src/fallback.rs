//! Given an operation and what to do without it, gives a value in any case; the fall is an event.
//!
//! ```
//! use tacho_shapes::fallback::graceful_fallback;
//! let by_hand = || "Manual processing completed";
//! let answer = graceful_fallback(by_hand).run(|| Err::<&str, _>(std::fmt::Error));
//! assert_eq!(answer, "Manual processing completed");
//! ```

use std::fmt::Display;
use std::future::Future;

use tacho_event::{ActionType, Draft, Severity};

use crate::book::Book;

/// Gives what `fallback_action` gives when the primary operation fails.
pub fn graceful_fallback<F>(fallback_action: F) -> Fallback<F> {
    Fallback { action: fallback_action, book: None, operation: "operation".into(), session: None }
}

/// What to do when an operation fails.
#[derive(Clone, Debug)]
pub struct Fallback<F> {
    action: F,
    book: Option<Book>,
    operation: String,
    session: Option<String>,
}

impl<F> Fallback<F> {
    /// Records when the fallback answers instead of `operation`.
    #[must_use]
    pub fn recorded(mut self, book: &Book, operation: &str) -> Self {
        self.book = Some(book.clone());
        self.operation = operation.to_owned();
        self
    }

    /// Says which session it belongs to.
    #[must_use]
    pub fn session(mut self, id: &str) -> Self {
        self.session = Some(id.to_owned());
        self
    }

    /// The value of `primary`, else of the fallback.
    pub fn run<T, E: Display>(self, primary: impl FnOnce() -> Result<T, E>) -> T
    where
        F: FnOnce() -> T,
    {
        match primary() {
            Ok(value) => value,
            Err(error) => {
                self.tell(&error.to_string());
                (self.action)()
            }
        }
    }

    /// The value of `primary`, else of the fallback.
    pub async fn run_async<T, E: Display, G>(self, primary: impl Future<Output = Result<T, E>>) -> T
    where
        F: FnOnce() -> G,
        G: Future<Output = T>,
    {
        match primary.await {
            Ok(value) => value,
            Err(error) => {
                self.tell(&error.to_string());
                (self.action)().await
            }
        }
    }

    fn tell(&self, error: &str) {
        let Some(book) = &self.book else { return };
        let draft = Draft::new(ActionType::External, "fallback")
            .severity(Severity::Warning)
            .detail("operation", self.operation.as_str())
            .with_some("agent.session_id", self.session.as_deref())
            .with("outcome.status", tacho_event::Status::Partial)
            .with("outcome.error.message", error);
        // What is not recorded is counted by the recorder, and named by a gap.
        book.send(draft);
    }
}
