//! Given drafts, gives what may be appended of them: heeded, checked, numbered, protected.
//!
//! The part of recording that needs no lock. Protecting costs the most by far, and each event can
//! be protected alone: many at once are shared by all processors. Numbers are given before that,
//! in the order of the drafts.

use super::error::RecordError;
use super::failure::{OnFailure, Risk};
use super::heed::refusal;
use super::recorder::{Made, Prepared, Recorder};
use crate::stop::Why;
use std::num::NonZeroUsize;
use tacho_event::privacy::Protected;
use tacho_event::{Draft, Event, Phase, random, uuid_v7};
use tacho_tree::leaf_hash;

/// Fewer drafts than this for each are no work for another thread.
const DRAFTS_PER_THREAD_MIN: usize = 64;

/// An event that is to be protected, and what is known of it so far.
struct Checked {
    event: Event,
    on_failure: OnFailure,
    glass_broken: bool,
    stop: Option<Why>,
}

impl Recorder {
    /// Heeds stops, checks, numbers and protects a draft.
    pub(super) fn prepare(&self, draft: Draft, credential: &str) -> Result<Prepared, RecordError> {
        let claim = self.claim(&draft, credential).map(Box::new);
        Ok(Prepared { claim, ..self.prepare_unclaimed(draft)? })
    }

    pub(super) fn prepare_unclaimed(&self, draft: Draft) -> Result<Prepared, RecordError> {
        self.check(draft).and_then(|checked| self.protect(checked))
    }

    /// Prepares several drafts, in this order.
    pub(super) fn prepare_all(
        &self,
        drafts: Vec<Draft>,
        credential: &str,
    ) -> Vec<Result<Prepared, RecordError>> {
        let most = drafts.len() / DRAFTS_PER_THREAD_MIN;
        let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = if most < 2 { 1 } else { most.min(cores()) };
        if threads < 2 {
            return drafts.into_iter().map(|draft| self.prepare(draft, credential)).collect();
        }
        let mut claims = Vec::with_capacity(drafts.len());
        let mut checked: Vec<_> = drafts
            .into_iter()
            .map(|draft| {
                claims.push(self.claim(&draft, credential).map(Box::new));
                self.check(draft)
            })
            .collect();
        let all = |checked: Vec<Result<Checked, RecordError>>| -> Vec<_> {
            let protect = |one: Result<Checked, _>| one.and_then(|one| self.protect(one));
            checked.into_iter().map(protect).collect()
        };
        let share = checked.len().div_ceil(threads);
        let prepared: Vec<_> = std::thread::scope(|scope| {
            let mut shares = Vec::new();
            while checked.len() > share {
                let last = checked.split_off((checked.len() - 1) / share * share);
                shares.push(scope.spawn(move || all(last)));
            }
            let mut prepared = all(checked);
            for share in shares.into_iter().rev() {
                // A thread that panicked met a bug, and so does this one.
                let more = share.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                prepared.extend(more);
            }
            prepared
        });
        let claimed = |(prepared, claim): (Result<Prepared, _>, _)| {
            prepared.map(|prepared| Prepared { claim, ..prepared })
        };
        prepared.into_iter().zip(claims).map(claimed).collect()
    }

    fn check(&self, mut draft: Draft) -> Result<Checked, RecordError> {
        let stop = self.heed(&mut draft);
        let class = self.settings.failure.of(Risk::of(&draft));
        let (on_failure, glass_broken) = self.on_failure(class);
        if draft.at("/origin/source").is_none() {
            draft.set("origin.source", self.settings.source.as_str());
        }
        let ours = &self.settings.tenant;
        let checked = draft.check(&self.world.as_ref()).map_err(RecordError::Refused);
        let owned = checked.and_then(|event| match event.tenant() {
            Some(named) if named != ours => {
                Err(RecordError::ForeignTenant { named: named.clone(), ours: ours.clone() })
            }
            _ => Ok(event),
        });
        match owned {
            Ok(mut event) => {
                if !self.policy.drops(&event) {
                    self.number(&mut event);
                }
                Ok(Checked { event, on_failure, glass_broken, stop })
            }
            Err(error) => Err(refusal(stop, error)),
        }
    }

    fn protect(&self, checked: Checked) -> Result<Prepared, RecordError> {
        let Checked { event, on_failure, glass_broken, stop } = checked;
        let world = self.world.as_ref();
        let (id, is_intent) = (event.id().clone(), event.phase() == Phase::Intent);
        let protected = match self.policy.apply(event, &self.stand_ins, &world) {
            Ok(protected) => protected,
            Err(problem) => return Err(refusal(stop, RecordError::Refused(vec![problem]))),
        };
        let (id, made) = match protected {
            Protected::Dropped { rule } => (id, Made::Dropped { rule }),
            Protected::Entry(entry) => {
                let record_id = uuid_v7(world.now(), random(&world));
                let (id, leaf_hash) = (entry.id().clone(), leaf_hash(entry.leaf()));
                (id, Made::Entry { entry, record_id, leaf_hash })
            }
        };
        Ok(Prepared {
            made,
            bare: false,
            tenant: self.settings.tenant.clone(),
            id,
            on_failure,
            glass_broken,
            is_intent,
            claim: None,
            conflict_of: None,
            stop,
        })
    }
}
