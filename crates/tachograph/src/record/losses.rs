//! Every loss becomes a `gap` event: what could not be recorded is counted here until something can
//! be recorded again.

use tacho_event::{ActionType, Draft, Timestamp};

/// Why something was not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LossReason {
    /// The store failed and the policy is `open`.
    StoreFailed,
    /// The queue was full and the policy is to drop.
    QueueFull,
    /// The event was larger than the store takes.
    TooLarge,
    /// The tenant's quota was used up.
    Quota,
    /// The store failed and the caller was told: what it is about happened unrecorded, unless it
    /// was refused or came again.
    Refused,
    /// The thread that recorded it with others died and the caller was told: it may be in the log.
    Abandoned,
    /// The store failed and somebody had broken the glass.
    BreakGlass,
    /// The disk was full, and events were recorded without their content.
    ContentDropped,
    /// Nobody could know whether an emergency stop forbids an intent, and it passed.
    StopUnknown,
}

impl LossReason {
    /// The word in gap events.
    pub const fn as_str(self) -> &'static str {
        match self {
            LossReason::StoreFailed => "store_failed",
            LossReason::QueueFull => "queue_full",
            LossReason::TooLarge => "too_large",
            LossReason::Quota => "quota",
            LossReason::Refused => "refused",
            LossReason::Abandoned => "abandoned",
            LossReason::BreakGlass => "break_glass",
            LossReason::ContentDropped => "content_dropped",
            LossReason::StopUnknown => "stop_unknown",
        }
    }

    /// What is missing.
    const fn what(self) -> &'static str {
        match self {
            LossReason::ContentDropped => "content of events",
            LossReason::StopUnknown => "stop checks",
            _ => "events",
        }
    }
}

/// Events of one kind of loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Loss {
    pub(crate) reason: LossReason,
    pub(crate) count: u64,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
}

/// What was lost since the last gap event.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    of: Vec<Loss>,
}

impl Losses {
    /// Counts a loss; one whose gap event could not be recorded is noted again.
    pub(crate) fn note(&mut self, loss: Loss) {
        match self.of.iter_mut().find(|one| one.reason == loss.reason) {
            None => self.of.push(loss),
            Some(one) => {
                one.count += loss.count;
                one.first = one.first.min(loss.first);
                one.last = one.last.max(loss.last);
            }
        }
    }

    /// The gap events that are due, each with the loss it names.
    pub(crate) fn take(&mut self) -> Vec<(Loss, Draft)> {
        std::mem::take(&mut self.of).into_iter().map(|loss| (loss, gap(&loss))).collect()
    }
}

fn gap(loss: &Loss) -> Draft {
    Draft::own(ActionType::Gap, "tacho.lost")
        .with("severity", tacho_event::Severity::Error)
        .with("action.gap.what", loss.reason.what())
        .with("action.gap.count", loss.count)
        .with("action.gap.from", loss.first.to_string())
        .with("action.gap.until", loss.last.to_string())
        .with("action.gap.reason", loss.reason.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tacho_event::json::Value;

    #[test]
    fn losses_are_counted_by_reason_and_named_once() {
        let mut losses = Losses::default();
        let at = Timestamp::from_micros;
        let mut note = |reason, count, micros| {
            losses.note(Loss { reason, count, first: at(micros), last: at(micros) });
        };
        note(LossReason::QueueFull, 2, 5);
        note(LossReason::QueueFull, 1, 9);
        note(LossReason::TooLarge, 1, 7);
        let due = losses.take();
        assert_eq!(due.len(), 2);
        let (loss, draft) = &due[0];
        assert_eq!((loss.reason, loss.count), (LossReason::QueueFull, 3));
        assert_eq!(draft.at("/action/gap/count"), Some(&Value::from(3)));
        assert_eq!(draft.at("/action/gap/from"), Some(&Value::from(at(5).to_string())));
        assert_eq!(draft.at("/action/gap/until"), Some(&Value::from(at(9).to_string())));
        assert!(losses.take().is_empty());
    }
}
