//! Given a log, says when its leaves came in: not what they say of themselves, but what the
//! recorder's own leaves behind them do.
//!
//! A leaf has no ingest time, and its `timestamp` is the client's: an import of last year's events
//! does not arrive expired. The recorder's own leaves (heartbeats, expiries, keys) bear its clock:
//! what stands before one came in no later. Of those among some leaves and the first behind them
//! the latest counts, so that a clock which was once wrong makes nothing older than it is.

use memchr::memmem::Finder;
use tacho_event::Timestamp;
use tacho_event::json::{self, Value};

use crate::error::Error;
use crate::limits::{AGE_LEAVES_MAX, LEAVES_PER_FILE};
use crate::log::Log;

/// Leaves read at a time.
const BLOCK_LEAVES: usize = 1_024;

/// By when all leaves of the file that begins at `first` had come in; none where no leaf of the
/// recorder's own stands near enough behind them to tell.
pub(crate) fn ingested(log: &Log, first: u64) -> Result<Option<Timestamp>, Error> {
    let end = first + LEAVES_PER_FILE;
    let Some(behind) = own(log, end, log.size().min(end + AGE_LEAVES_MAX), true)? else {
        return Ok(None);
    };
    let among = own(log, first, end, false)?;
    Ok(Some(among.map_or(behind, |among| among.max(behind))))
}

/// The latest time that the recorder's own leaves of a range say; of the first alone, if so wanted.
fn own(log: &Log, from: u64, to: u64, is_first: bool) -> Result<Option<Timestamp>, Error> {
    let finder = Finder::new(br#""type":"system""#);
    let stored = log.integrated().size().min(to);
    let mut latest = None;
    let mut at = from;
    while at < stored {
        let count = usize::try_from(stored - at).unwrap_or(BLOCK_LEAVES).min(BLOCK_LEAVES);
        let block = log.leaf_files().block(at, count)?;
        for leaf in block.iter().filter(|leaf| finder.find(leaf).is_some()) {
            latest = latest.max(time_of_own(leaf));
            if is_first && latest.is_some() {
                return Ok(latest);
            }
        }
        at += block.len() as u64;
    }
    Ok(latest)
}

fn time_of_own(leaf: &[u8]) -> Option<Timestamp> {
    let Ok(Value::Object(leaf)) = json::read(leaf) else { return None };
    let kind = leaf.object("action").and_then(|action| action.str("type"));
    (kind == Some("system")).then(|| leaf.str("timestamp").and_then(Timestamp::parse)).flatten()
}
