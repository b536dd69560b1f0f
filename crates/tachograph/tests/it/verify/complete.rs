//! What should be there and is not, is named.

use tacho_event::{ActionType, Draft};
use tacho_tree::audit::{Code, Verdict};
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
