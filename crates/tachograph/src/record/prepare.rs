//! Given drafts, gives what may be appended of them: heeded, checked, numbered, protected.
//!
//! The part of recording that needs no lock. Protecting costs the most by far, and least where many
//! events are protected together, whose hashes are then made side by side. Threads that record
//! protect beside each other, each its own events.

use super::error::RecordError;
use super::failure::{OnFailure, Risk};
use super::heed::refusal;
use super::recorder::{Made, Prepared, Recorder};
use crate::stop::Why;
use crate::world::Ahead;
use tacho_event::privacy::Protected;
use tacho_event::{Draft, Event, EventId, Phase, Problem, World, random, uuid_v7};
use tacho_tree::leaf_hashes;

/// Events that are protected together, and whose parts are kept together: enough to keep a
/// processor's lanes busy with their hashes, few enough to stay in its nearest memory meanwhile.
pub(super) const TOGETHER: usize = 64;

/// An event that is to be protected, and what is known of it so far.
struct Checked {
    event: Event,
    known: Known,
}

struct Known {
    id: EventId,
    is_intent: bool,
    on_failure: OnFailure,
    glass_broken: bool,
    stop: Option<Why>,
}

impl Recorder {
    /// Heeds stops, checks, numbers and protects a draft.
    pub(super) fn prepare(&self, draft: Draft) -> Result<Prepared, RecordError> {
        let world = &Ahead::new(self.world.as_ref(), 1);
        let prepared = self.protect_all([self.check(draft, world)], world).pop();
        prepared.unwrap_or_else(|| unreachable!("each draft has an outcome"))
    }

    /// Prepares several drafts, in this order, each in the name of its credential.
    pub(super) fn prepare_all<C: AsRef<str>>(
        &self,
        mut drafts: impl ExactSizeIterator<Item = (Draft, C)>,
    ) -> Vec<Result<Prepared, RecordError>> {
        let world = &Ahead::new(self.world.as_ref(), drafts.len());
        let mut claims = Vec::with_capacity(drafts.len());
        let mut check = |(draft, credential): (Draft, C)| {
            claims.push(self.claim(&draft, credential.as_ref()).map(Box::new));
            self.check(draft, world)
        };
        let mut prepared = Vec::with_capacity(drafts.len());
        while drafts.len() > 0 {
            let checked = drafts.by_ref().take(TOGETHER).map(&mut check);
            prepared.extend(self.protect_all(checked, world));
        }
        let claimed = |(prepared, claim): (Result<Prepared, _>, _)| {
            prepared.map(|prepared| Prepared { claim, ..prepared })
        };
        prepared.into_iter().zip(claims).map(claimed).collect()
    }

    fn check(&self, mut draft: Draft, world: &dyn World) -> Result<Checked, RecordError> {
        let stop = self.heed(&mut draft);
        let class = self.settings.failure.of(Risk::of(&draft));
        let (on_failure, glass_broken) = self.on_failure(class);
        let origin = draft.object().object("origin");
        if origin.is_none_or(|origin| origin.get("source").is_none()) {
            draft.set("origin.source", self.settings.source.as_str());
        }
        let ours = &self.settings.tenant;
        let checked = draft.check(world).map_err(RecordError::Refused);
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
                let (id, is_intent) = (event.id().clone(), event.phase() == Phase::Intent);
                Ok(Checked {
                    event,
                    known: Known { id, is_intent, on_failure, glass_broken, stop },
                })
            }
            Err(error) => Err(refusal(stop, error)),
        }
    }

    fn protect_all(
        &self,
        checked: impl IntoIterator<Item = Result<Checked, RecordError>>,
        world: &dyn World,
    ) -> Vec<Result<Prepared, RecordError>> {
        let mut events = Vec::new();
        let known: Vec<Result<Known, RecordError>> = checked
            .into_iter()
            .map(|one| {
                one.map(|Checked { event, known }| {
                    events.push(event);
                    known
                })
            })
            .collect();
        let protected = self.policy.apply_all(events, &self.stand_ins, world);
        let mut hashes = leaf_hashes(protected.iter().filter_map(leaf)).into_iter();
        let mut protected = protected.into_iter();
        let now = world.now();
        let prepare = |known: Result<Known, RecordError>| {
            let known = known?;
            let (id, made) = match protected.next() {
                Some(Ok(Protected::Dropped { rule })) => (known.id, Made::Dropped { rule }),
                Some(Ok(Protected::Entry(entry))) => {
                    let record_id = uuid_v7(now, random(world));
                    let leaf_hash =
                        hashes.next().unwrap_or_else(|| unreachable!("each leaf has a hash"));
                    (entry.id().clone(), Made::Entry { entry, record_id, leaf_hash })
                }
                Some(Err(problem)) => {
                    return Err(refusal(known.stop, RecordError::Refused(vec![problem])));
                }
                None => unreachable!("each event has an outcome"),
            };
            Ok(Prepared {
                made,
                bare: false,
                tenant: self.settings.tenant.clone(),
                id,
                on_failure: known.on_failure,
                glass_broken: known.glass_broken,
                is_intent: known.is_intent,
                claim: None,
                conflict_of: None,
                stop: known.stop,
            })
        };
        known.into_iter().map(prepare).collect()
    }
}

fn leaf(protected: &Result<Protected, Problem>) -> Option<&[u8]> {
    match protected {
        Ok(Protected::Entry(entry)) => Some(entry.leaf()),
        _ => None,
    }
}
