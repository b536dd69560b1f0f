//! Steps 1 to 4 of the journey: bytes of a source become drafts, and those are recorded.

use super::call::Call;
use super::error::RecordError;
use super::receipt::Receipt;
use super::recorder::Recorder;
use tacho_event::dialect::{Dialect, Unread, read_any};
use tacho_event::json::{self, ReadError};
use tacho_event::{Draft, Problem};

impl Recorder {
    /// Records what a document says: one record, a list or an export, in this dialect or, with
    /// none, in whichever it speaks. Each record has an outcome of its own.
    ///
    /// JSON that cannot be represented (a name twice, a number beyond all bounds) is recorded raw,
    /// as an event of its own that says so; see [`Draft::malformed`].
    ///
    /// # Errors
    /// That the bytes are no JSON, or JSON that is no record of the dialect; then none of it is
    /// recorded, and every problem is named with its place.
    pub fn record_from(
        &self,
        dialect: Option<&'static Dialect>,
        bytes: &[u8],
    ) -> Result<Vec<Result<Receipt, RecordError>>, RecordError> {
        self.record_from_as(dialect, bytes, self.settings.ack)
    }

    /// Like [`Recorder::record_from`], as safe, and in whose name, as `call` says.
    ///
    /// # Errors
    /// As there.
    pub fn record_from_as<'c>(
        &self,
        dialect: Option<&'static Dialect>,
        bytes: &[u8],
        call: impl Into<Call<'c>>,
    ) -> Result<Vec<Result<Receipt, RecordError>>, RecordError> {
        let drafts = match read(dialect, bytes) {
            Err(Unread::NotJson(error)) if self.settings.keep_unreadable => {
                vec![Draft::malformed(bytes, &error)]
            }
            outcome => outcome.map_err(RecordError::Unread)?,
        };
        Ok(self.record_all(drafts, call))
    }
}

fn read(dialect: Option<&'static Dialect>, bytes: &[u8]) -> Result<Vec<Draft>, Unread> {
    let Some(dialect) = dialect else { return read_any(bytes) };
    let document = match json::read(bytes) {
        Ok(document) => document,
        Err(error @ ReadError::Malformed(_)) => return Ok(vec![Draft::malformed(bytes, &error)]),
        Err(error) => return Err(Unread::NotJson(error)),
    };
    let batch = dialect.read(&document).map_err(Unread::Problems)?;
    let drafts = batch.into_drafts();
    if drafts.is_empty() {
        let hint = "submit at least one record";
        return Err(Unread::Problems(vec![Problem::new("", "holds no record", hint)]));
    }
    Ok(drafts)
}
