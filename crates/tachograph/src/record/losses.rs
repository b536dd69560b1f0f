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
}

impl LossReason {
    const ALL: [LossReason; 4] = [
        LossReason::StoreFailed,
        LossReason::QueueFull,
        LossReason::TooLarge,
        LossReason::Quota,
    ];

    /// The word in gap events.
    pub const fn as_str(self) -> &'static str {
        match self {
            LossReason::StoreFailed => "store_failed",
            LossReason::QueueFull => "queue_full",
            LossReason::TooLarge => "too_large",
            LossReason::Quota => "quota",
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Loss {
    count: u64,
    first: Timestamp,
    last: Timestamp,
}

/// What was lost since the last gap event.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    of: [Option<Loss>; LossReason::ALL.len()],
}

impl Losses {
    /// Counts `count` events lost at `now`.
    pub(crate) fn note(&mut self, reason: LossReason, count: u64, now: Timestamp) {
        let Some(slot) = self.of.get_mut(reason as usize) else { return };
        let loss = slot.get_or_insert(Loss { count: 0, first: now, last: now });
        loss.count += count;
        loss.last = now;
    }

    /// True if a gap event is due.
    pub(crate) fn any(&self) -> bool {
        self.of.iter().any(Option::is_some)
    }

    /// The gap events that are due; the caller records them, or gives them back to
    /// [`Self::note`].
    pub(crate) fn take(&mut self) -> Vec<(LossReason, u64, Draft)> {
        let taken = std::mem::take(&mut self.of);
        let due = LossReason::ALL.into_iter().zip(taken);
        due.filter_map(|(reason, loss)| loss.map(|loss| (reason, loss.count, gap(reason, loss))))
            .collect()
    }
}

fn gap(reason: LossReason, loss: Loss) -> Draft {
    Draft::own(ActionType::Gap, "tacho.lost")
        .with("severity", tacho_event::Severity::Error)
        .with("action.gap.what", "events")
        .with("action.gap.count", loss.count)
        .with("action.gap.from", loss.first.to_string())
        .with("action.gap.until", loss.last.to_string())
        .with("action.gap.reason", reason.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tacho_event::json::Value;

    #[test]
    fn losses_are_counted_by_reason_and_named_once() {
        let mut losses = Losses::default();
        let at = Timestamp::from_micros;
        losses.note(LossReason::QueueFull, 2, at(5));
        losses.note(LossReason::QueueFull, 1, at(9));
        losses.note(LossReason::TooLarge, 1, at(7));
        assert!(losses.any());
        let due = losses.take();
        assert_eq!(due.len(), 2);
        let (reason, count, draft) = &due[0];
        assert_eq!((*reason, *count), (LossReason::QueueFull, 3));
        assert_eq!(draft.at("/action/gap/count"), Some(&Value::from(3)));
        assert_eq!(draft.at("/action/gap/until"), Some(&Value::from(at(9).to_string())));
        assert!(!losses.any() && losses.take().is_empty());
    }
}
