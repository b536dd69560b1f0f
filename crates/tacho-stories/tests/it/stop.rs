//! An emergency stop refuses intents, of those it is for, until it ends; and nothing else.

use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::Ordering;

use tacho_event::privacy::Policy;
use tacho_event::{ActionType, Draft, Phase, Status, TenantId, Timestamp, World};
use tachograph::record::{Ack, FailurePolicy, OnFailure, RecordError, Recorder, Settings};
use tachograph::stop::{Asker, NewStop, Scope, Standing, StopError, Stops, Why};

use crate::yard::Yard;

const AGENT: &str = "ops/release-manager";

fn stops(yard: &Yard) -> Stops {
    Stops::new(&yard.store(), yard.world.clone())
}

fn wish(scope: Scope) -> NewStop {
    let (who, reason) = ("alice@example.com".to_owned(), "it deletes the wrong files".to_owned());
    NewStop { scope, who, reason, expires: None }
}

fn agent() -> Scope {
    Scope::Agent { tenant: "default".to_owned(), agent: AGENT.to_owned() }
}

fn tool(call: &str, phase: Phase) -> Draft {
    Draft::new(ActionType::Tool, "Bash")
        .with("agent.id", AGENT)
        .with("agent.session_id", "s-1")
        .phase(phase)
        .call(call)
        .with("action.tool.parameters.command", "rm -r build")
}

fn why(outcome: Result<tachograph::Receipt, RecordError>) -> Why {
    match outcome {
        Err(RecordError::Stopped { why, recorded: Ok(receipt) }) => {
            assert!(receipt.fate.is_kept());
            why
        }
        other => panic!("{other:?}"),
    }
}

fn standing(yard: &Yard) -> Standing {
    let (agent, session) = (Some(AGENT), Some("s-1"));
    stops(yard).check(&Asker { tenant: "default", agent, parent: None, session })
}

fn with_policy(yard: &Yard, failure: FailurePolicy) -> Recorder {
    let tenant = TenantId::new("default").unwrap();
    let settings = Settings { tenant, beat: false, ack: Ack::Os, failure, ..Settings::default() };
    let policy = Policy::default();
    Recorder::new(yard.store(), yard.wal(), yard.world.clone(), policy, settings).unwrap()
}

#[test]
fn an_intent_under_a_stop_is_refused_and_the_denial_is_in_the_log() {
    let yard = Yard::new();
    let recorder = yard.recorder("default");
    recorder.record(tool("c-1", Phase::Intent)).unwrap();
    let engaged = stops(&yard).engage(&recorder, wish(agent())).unwrap();
    assert!(engaged.lease.told);
    let refused = recorder.record(tool("c-2", Phase::Intent));
    let said = refused.as_ref().unwrap_err().to_string();
    assert!(said.contains("it deletes the wrong files") && said.contains(AGENT), "{said}");
    assert_eq!(why(refused), Why::Lease(Box::new(engaged.lease)));
    yard.integrate();
    let calls = yard.log("default").calls("s-1").unwrap();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].status(), Some(Status::Pending));
    assert_eq!(calls[1].status(), Some(Status::Denied));
    let denial = calls[1].last.clone().unwrap();
    assert_eq!(denial.leaf.at("/outcome/error/type").unwrap().as_str(), Some("emergency_stop"));
}

#[test]
fn results_gaps_and_whole_calls_are_recorded_under_a_stop() {
    let yard = Yard::new();
    let recorder = yard.recorder("default");
    recorder.record(tool("c-1", Phase::Intent)).unwrap();
    stops(&yard).engage(&recorder, wish(Scope::All)).unwrap();
    recorder.record(tool("c-1", Phase::Result).status(Status::Success)).unwrap();
    recorder.record(tool("c-2", Phase::Whole).status(Status::Failure)).unwrap();
    let gap = Draft::new(ActionType::Gap, "transcript").with("action.gap.count", 3);
    recorder.record(gap).unwrap();
    let said = Draft::new(ActionType::Message, "prompt").with("agent.session_id", "s-1");
    recorder.record(said).unwrap();
    let calls = yard.log("default").calls("s-1").unwrap();
    let ends: Vec<_> = calls.iter().map(tachograph::log::Call::status).collect();
    assert_eq!(ends, [Some(Status::Success), Some(Status::Failure), None]);
}

#[test]
fn engaging_and_lifting_are_events_that_say_who_and_why() {
    let yard = Yard::new();
    let recorder = yard.recorder("default");
    let lease = stops(&yard).engage(&recorder, wish(agent())).unwrap().lease;
    assert_eq!(stops(&yard).status().unwrap(), std::slice::from_ref(&lease));
    stops(&yard).lift(&recorder, lease.id, "bob@example.com", "it was mended").unwrap();
    assert_eq!(stops(&yard).status().unwrap(), []);
    recorder.record(tool("c-1", Phase::Intent)).unwrap();
    let again = stops(&yard).lift(&recorder, lease.id, "bob@example.com", "twice");
    assert!(matches!(again, Err(StopError::NoLease(id)) if id == lease.id));
    let log = yard.log("default");
    let told = |index: u64| log.reveal(&log.get(index).unwrap().unwrap()).unwrap().event;
    for (index, engaged, who, reason) in [
        (0, true, "alice@example.com", "it deletes the wrong files"),
        (1, false, "bob@example.com", "it was mended"),
    ] {
        let event = told(index);
        assert_eq!(event.at("/action/type").unwrap().as_str(), Some("stop"));
        assert_eq!(event.at("/action/stop/engaged").unwrap(), &engaged.into());
        assert_eq!(event.at("/action/stop/target").unwrap().as_str(), Some(AGENT));
        assert_eq!(event.at("/action/stop/reason").unwrap().as_str(), Some(reason));
        assert_eq!(event.at("/actor/id").unwrap().as_str(), Some(who));
    }
}

#[test]
fn a_stop_is_for_its_scope_alone() {
    let yard = Yard::new();
    let (ours, theirs) = (yard.recorder("default"), yard.recorder("acme"));
    let session =
        |name: &str| Scope::Session { tenant: "default".to_owned(), session: name.to_owned() };
    for scope in [Scope::Tenant("acme".to_owned()), session("s-2")] {
        stops(&yard).engage(&ours, wish(scope)).unwrap();
    }
    ours.record(tool("c-1", Phase::Intent)).unwrap();
    why(theirs.record(tool("c-1", Phase::Intent)));
    why(ours.record(tool("c-2", Phase::Intent).with("agent.session_id", "s-2")));
    stops(&yard).engage(&ours, wish(agent())).unwrap();
    let helper = tool("c-3", Phase::Intent).with("agent.id", "ops/helper");
    why(ours.record(helper.clone().with("agent.parent_id", AGENT)));
    ours.record(helper).unwrap();
}

#[test]
fn a_stop_ends_at_its_expiry_by_the_worlds_clock() {
    let yard = Yard::new();
    let recorder = yard.recorder("default");
    let expires = Some(Timestamp::from_micros(yard.world.now().micros() + 60_000_000));
    stops(&yard).engage(&recorder, NewStop { expires, ..wish(Scope::All) }).unwrap();
    yard.world.micros.fetch_add(59_999_999, Ordering::Relaxed);
    why(recorder.record(tool("c-1", Phase::Intent)));
    yard.world.micros.fetch_add(1, Ordering::Relaxed);
    recorder.record(tool("c-2", Phase::Intent)).unwrap();
    assert_eq!(stops(&yard).status().unwrap(), []);
}

#[test]
fn damaged_or_foreign_leases_stop_everybody_until_they_are_reset() {
    let yard = Yard::new();
    let recorder = yard.recorder("default");
    let other = Scope::Tenant("other".to_owned());
    stops(&yard).engage(&recorder, wish(other)).unwrap();
    assert!(matches!(standing(&yard), Standing::Free));
    let path = yard.store().places().stop_leases();
    let whole = std::fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut bad = whole.clone();
        bad[at] ^= 1;
        std::fs::write(&path, &bad).unwrap();
        assert!(matches!(standing(&yard), Standing::Stopped(Why::Damaged)), "byte {at}");
        std::fs::write(&path, &whole[..at]).unwrap();
        assert!(matches!(standing(&yard), Standing::Stopped(Why::Damaged)), "cut at {at}");
    }
    assert_eq!(why(recorder.record(tool("c-1", Phase::Intent))), Why::Damaged);
    assert!(stops(&yard).status().is_err());
    let engaged = stops(&yard).engage(&recorder, wish(Scope::All));
    assert!(matches!(engaged, Err(StopError::Damaged)));
    stops(&yard).reset(&recorder, "alice@example.com", "a disk flipped a bit").unwrap();
    recorder.record(tool("c-2", Phase::Intent)).unwrap();
    std::fs::write(&path, &whole).unwrap();
    if std::os::unix::fs::chown(&path, Some(65_534), None).is_err() {
        tacho_testkit::require("root", "only root gives a file to somebody else");
        return;
    }
    assert!(matches!(standing(&yard), Standing::Stopped(Why::Damaged)));
}

#[test]
fn where_nobody_can_know_the_failure_policy_decides_and_the_gap_is_named() {
    let yard = Yard::new();
    let open = with_policy(&yard, FailurePolicy::all(OnFailure::Open));
    let closed = with_policy(&yard, FailurePolicy::all(OnFailure::Closed));
    std::fs::remove_dir_all(yard.store().places().stops()).unwrap();
    assert!(matches!(standing(&yard), Standing::Unknown(_)));
    assert_eq!(why(closed.record(tool("c-1", Phase::Intent))), Why::Unknown);
    open.record(tool("c-2", Phase::Intent)).unwrap();
    open.record(tool("c-2", Phase::Result)).unwrap();
    let log = yard.log("default");
    let gaps: Vec<_> = (0..log.size())
        .map(|index| log.reveal(&log.get(index).unwrap().unwrap()).unwrap().event)
        .filter(|event| event.at("/action/type").unwrap().as_str() == Some("gap"))
        .collect();
    assert_eq!(gaps.len(), 1);
    assert_eq!(gaps[0].at("/action/gap/reason").unwrap().as_str(), Some("stop_unknown"));
    assert_eq!(gaps[0].at("/action/gap/what").unwrap().as_str(), Some("stop checks"));
}

#[test]
fn whoever_said_that_he_lives_and_falls_silent_leaves_nobody_knowing() {
    let yard = Yard::new();
    let until = Timestamp::from_micros(yard.world.now().micros() + 5_000_000);
    stops(&yard).keep_alive(until).unwrap();
    assert!(matches!(standing(&yard), Standing::Free));
    yard.world.micros.fetch_add(5_000_001, Ordering::Relaxed);
    assert!(matches!(standing(&yard), Standing::Unknown(_)));
    stops(&yard).keep_alive(Timestamp::from_micros(until.micros() + 5_000_000)).unwrap();
    assert!(matches!(standing(&yard), Standing::Free));
    let path = yard.store().places().stop_alive();
    std::fs::write(&path, b"TSV1").unwrap();
    assert!(matches!(standing(&yard), Standing::Unknown(_)));
    // A lease that is there counts, whoever lives.
    stops(&yard).engage(&yard.recorder("default"), wish(Scope::All)).unwrap();
    assert!(matches!(standing(&yard), Standing::Stopped(Why::Lease(_))));
}

#[test]
fn a_stop_works_even_if_it_cannot_be_recorded_and_is_told_later() {
    let yard = Yard::new();
    let closed = with_policy(&yard, FailurePolicy::all(OnFailure::Closed));
    yard.record("default", 0, 1);
    // A directory stands where the lock of the log should: nothing can be appended.
    let lock = yard.store().places().wal_lock();
    std::fs::rename(&lock, lock.with_extension("aside")).unwrap();
    std::fs::create_dir(&lock).unwrap();
    let engaged = stops(&yard).engage(&closed, wish(Scope::All));
    let Err(StopError::NotTold { lease, .. }) = engaged else { panic!("{engaged:?}") };
    assert!(matches!(standing(&yard), Standing::Stopped(Why::Lease(_))));
    let lifted = stops(&yard).lift(&closed, lease.id, "bob@example.com", "why not");
    assert!(matches!(lifted, Err(StopError::NotTold { .. })), "{lifted:?}");
    assert!(matches!(standing(&yard), Standing::Stopped(Why::Lease(_))));
    std::fs::remove_dir(&lock).unwrap();
    std::fs::rename(lock.with_extension("aside"), &lock).unwrap();
    let told = stops(&yard).tell(&closed).unwrap();
    assert_eq!(told.iter().map(|(lease, _)| lease.id).collect::<Vec<_>>(), [lease.id]);
    assert!(stops(&yard).tell(&closed).unwrap().is_empty());
    let found = yard.log("default").find(&tacho_event::uuid_text(lease.id)).unwrap();
    assert_eq!(found.len(), 1);
}

#[test]
fn stops_have_bounds() {
    let yard = Yard::new();
    let recorder = yard.recorder("default");
    for bad in [
        NewStop { who: String::new(), ..wish(Scope::All) },
        NewStop { reason: String::new(), ..wish(Scope::All) },
        NewStop { reason: "x".repeat(513), ..wish(Scope::All) },
        wish(Scope::Tenant(String::new())),
    ] {
        let outcome = stops(&yard).engage(&recorder, bad);
        assert!(matches!(outcome, Err(StopError::Unfit(_))), "{outcome:?}");
    }
    for number in 0..=tachograph::limits::STOP_LEASES_MAX {
        let session = format!("s-{number}");
        let scope = Scope::Session { tenant: "default".to_owned(), session };
        let outcome = stops(&yard).engage(&recorder, wish(scope));
        let is_last = number == tachograph::limits::STOP_LEASES_MAX;
        assert_eq!(matches!(outcome, Err(StopError::TooMany)), is_last, "{outcome:?}");
    }
    let mode = std::fs::metadata(yard.store().places().stop_leases()).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
}
