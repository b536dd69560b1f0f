//! Given outcomes of events that are on the disk, has witnesses see them.

use std::sync::Arc;

use super::error::RecordError;
use super::failure::OnFailure;
use super::receipt::{Ack, Fate, Receipt};
use super::recorder::Recorder;
use crate::anchor::Unwitnessed;

impl Recorder {
    /// Has everything that was just recorded seen by witnesses, once for all of it. An event that
    /// is not seen stays on the disk: the error has its receipt. Where no failure stops an action,
    /// the receipt alone says how safe it is.
    pub(super) fn have_witnessed(
        &self,
        outcomes: Vec<Result<Receipt, RecordError>>,
    ) -> Vec<Result<Receipt, RecordError>> {
        // What came again may have come in vain the first time.
        let is_on_disk = |fate: Fate| matches!(fate, Fate::Recorded(Ack::Disk) | Fate::Repeated);
        if !outcomes.iter().flatten().any(|receipt| is_on_disk(receipt.fate)) {
            return outcomes;
        }
        let witnessed = match &self.settings.witnessing {
            None => Err(Unwitnessed::NoQuorum),
            Some(witnessing) => {
                let (witnessed, drafts) = witnessing.witness(self.settings.tenant.as_str());
                drafts.into_iter().for_each(|draft| self.owe(draft));
                witnessed
            }
        };
        let witnessed = witnessed.map(Arc::new).map_err(Arc::new);
        let go_on = self.settings.failure.ordinary == OnFailure::Open
            && self.settings.failure.changing == OnFailure::Open
            && self.settings.failure.sensitive == OnFailure::Open;
        let conclude = |outcome: Result<Receipt, RecordError>| match (outcome, &witnessed) {
            (Ok(receipt), _) if !is_on_disk(receipt.fate) => Ok(receipt),
            (Ok(receipt), Ok(witnessed)) => {
                let fate = match receipt.fate {
                    Fate::Recorded(_) => Fate::Recorded(Ack::Witnessed),
                    fate => fate,
                };
                Ok(Receipt { fate, witnessed: Some(witnessed.clone()), ..receipt })
            }
            (Ok(receipt), Err(_)) if go_on => Ok(receipt),
            (Ok(receipt), Err(why)) => {
                Err(RecordError::NotWitnessed { receipt: Box::new(receipt), why: why.clone() })
            }
            (Err(error), _) => Err(error),
        };
        outcomes.into_iter().map(conclude).collect()
    }
}
