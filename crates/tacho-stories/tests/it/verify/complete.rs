//! What should be there and is not, is named.

use std::sync::atomic::Ordering;

use tacho_event::privacy::Policy;
use tacho_event::{ActionType, Draft};
use tacho_tree::audit::{Code, Verdict};
use tachograph::record::{Ack, Recorder, Settings};
use tachograph::verify::Verified;

use super::asked;
use crate::yard::Yard;

fn gaps(verified: &Verified) -> Vec<(Code, String)> {
    let gaps = verified.gaps.as_ref().unwrap();
    gaps.findings.iter().map(|one| (one.code, one.what.clone())).collect()
}

fn numbered(emitter: &str, seq: u64) -> Draft {
    Draft::new(ActionType::Tool, "Bash")
        .with("agent.session_id", "s-1")
        .with("origin.emitter", emitter)
        .with("origin.seq", seq)
}

fn phase(phase: &str, call: &str) -> Draft {
    Draft::new(ActionType::Tool, "Bash")
        .with("agent.session_id", "s-1")
        .with("action.phase", phase)
        .with("action.call_id", call)
}

fn session(session: &str, event: &str) -> Draft {
    Draft::new(ActionType::Session, event)
        .with("agent.session_id", session)
        .with("action.session.event", event)
}

fn of(drafts: Vec<Draft>) -> Verified {
    let yard = Yard::new();
    let recorder = yard.recorder("default");
    for draft in drafts {
        recorder.record(draft).unwrap();
    }
    drop(recorder);
    yard.integrate();
    super::sign(&yard);
    asked(&yard)
}

#[test]
fn holes_in_a_sequence_are_named_for_each_emitter() {
    let one = [0, 1, 4, 2, 7].map(|seq| numbered("a", seq));
    let two = [0, 1, 2].map(|seq| numbered("b", seq));
    let verified = of(one.into_iter().chain(two).collect());
    assert_eq!(verified.verdict(), Verdict::Yes, "{:?}", verified.report.findings);
    assert_eq!(verified.complete(), Verdict::No);
    let expected = [
        (Code::SequenceHole, "number 3 never came".to_owned()),
        (Code::SequenceHole, "numbers 5 to 6 never came".to_owned()),
    ];
    assert_eq!(gaps(&verified), expected);
    let findings = &verified.gaps.as_ref().unwrap().findings;
    assert!(findings[0].spot.file.as_deref().unwrap().ends_with(" a"));
}

#[test]
fn an_intent_without_a_result_and_a_result_without_an_intent_are_named() {
    let verified = of(vec![
        phase("intent", "c1"),
        phase("intent", "c2"),
        phase("result", "c1"),
        phase("result", "c3"),
    ]);
    let found = gaps(&verified);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0], (Code::IntentOpen, "Bash c2 has no result".to_owned()));
    assert_eq!(found[1].0, Code::ResultAlone);
}

#[test]
fn a_session_that_began_and_never_ended_is_named() {
    let verified = of(vec![
        session("s-a", "start"),
        session("s-b", "start"),
        session("s-b", "subagent_end"),
        session("s-a", "end"),
        phase("whole", "c1"),
    ]);
    let findings = &verified.gaps.as_ref().unwrap().findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].code, Code::SessionOpen);
    assert_eq!(findings[0].spot.file.as_deref(), Some("session s-b"));
}

#[test]
fn a_recorded_loss_is_named_with_its_reason() {
    let draft = Draft::new(ActionType::Gap, "lost")
        .with("action.gap.count", 7)
        .with("action.gap.reason", "queue_full");
    let verified = of(vec![draft]);
    let expected = (Code::GapRecorded, "7 lost: \"queue_full\"".to_owned());
    assert_eq!(gaps(&verified), [expected]);
}

#[test]
fn an_id_at_several_events_is_named_whether_integrated_indexed_or_not() {
    let yard = Yard::new();
    // Enough for an index, with two ids that come again in it, behind it, and in the WAL alone.
    crate::yard::append_bare(&yard, 0, 3000);
    crate::yard::append_bare_again(&yard, 700, 3000);
    yard.integrate();
    crate::yard::append_bare_again(&yard, 700, 3001);
    crate::yard::append_bare_again(&yard, 2990, 3002);
    yard.integrate();
    crate::yard::append_bare_again(&yard, 3, 3003);
    super::sign(&yard);
    let verified = asked(&yard);
    assert_eq!(verified.verdict(), Verdict::Yes, "{:?}", verified.report.findings);
    assert_eq!(verified.complete(), Verdict::No);
    let findings = &verified.gaps.as_ref().unwrap().findings;
    let told: Vec<_> =
        findings.iter().map(|one| (one.code, one.spot.leaf, one.what.as_str())).collect();
    let expected = [
        (Code::IdRepeated, Some(3), "e-3 is the id of leaf 3003 too"),
        (Code::IdRepeated, Some(700), "e-700 is the id of 2 more leaves"),
        (Code::IdRepeated, Some(2990), "e-2990 is the id of leaf 3002 too"),
    ];
    assert_eq!(told, expected);
    // Without an index it is worked out from the leaves.
    std::fs::remove_dir_all(yard.places("default").index()).unwrap();
    let verified = asked(&yard);
    assert_eq!(verified.gaps.as_ref().unwrap().findings.len(), 3);
}

/// What long-lived recorders promise: a heartbeat an hour, and one when they close.
fn beating(yard: &Yard) -> Recorder {
    let settings = Settings { beat: true, ack: Ack::Os, ..Settings::default() };
    let (store, world) = (yard.store(), yard.world.clone());
    Recorder::new(store, yard.wal(), world, Policy::default(), settings).unwrap()
}

fn hours(yard: &Yard, hours: i64) {
    yard.world.micros.fetch_add(hours * 3_600_000_000, Ordering::Relaxed);
}

fn asked_now(yard: &Yard) -> Verified {
    yard.integrate();
    super::sign(yard);
    let verified = asked(yard);
    assert_eq!(verified.verdict(), Verdict::Yes, "{:?}", verified.report.findings);
    verified
}

#[test]
fn a_heartbeat_that_came_late_is_named_and_a_punctual_recorder_is_not() {
    let yard = Yard::new();
    let recorder = beating(&yard);
    for _ in 0..3 {
        hours(&yard, 1);
        recorder.beat_if_due().unwrap();
    }
    assert_eq!(gaps(&asked_now(&yard)), []);
    hours(&yard, 5);
    recorder.beat_if_due().unwrap();
    recorder.close().unwrap();
    let verified = asked_now(&yard);
    assert_eq!(verified.complete(), Verdict::No);
    let found = gaps(&verified);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, Code::HeartbeatLate);
    assert!(found[0].1.starts_with("a heartbeat was due at "), "{found:?}");
}

#[test]
fn a_recorder_that_fell_silent_is_named_while_the_log_goes_on_and_not_when_it_closed() {
    for closes in [true, false] {
        let yard = Yard::new();
        let recorder = beating(&yard);
        recorder.record(phase("whole", "c1")).unwrap();
        if closes {
            recorder.close().unwrap();
        } else {
            // Killed: nobody says goodbye.
            std::mem::forget(recorder);
        }
        // Until the next heartbeat is due, nobody can tell.
        assert_eq!(gaps(&asked_now(&yard)), [], "closes: {closes}");
        hours(&yard, 3);
        yard.record("default", 10, 1);
        let found = gaps(&asked_now(&yard));
        if closes {
            assert_eq!(found, []);
        } else {
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(found[0].0, Code::RecorderSilent);
        }
    }
}
