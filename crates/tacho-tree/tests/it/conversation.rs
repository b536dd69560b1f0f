//! A log and its witness, with everything between them that may go wrong.

use proptest::prelude::*;
use tacho_tree::witness::{ASKED_MAX, Alarm, Ask, Heard, Refused, Reply, consider};
use tacho_tree::{Head, Levels, leaf_hash};

use crate::sample::{checkpoint, head, leaves, log_keys, note, tree, witness_key};

/// A witness and what it wrote down.
#[derive(Default)]
struct Desk {
    last: Option<Head>,
    cosigned: Vec<Head>,
}

impl Desk {
    fn answer(&mut self, request: &str) -> Reply {
        let last = self.last;
        let promise = match consider(request.as_bytes(), &log_keys(), |_| last) {
            Ok(promise) => promise,
            Err(reply) => return reply,
        };
        let head = promise.checkpoint().head;
        let mut written = None;
        let kept = promise.keep::<()>(
            |promise| {
                written = Some(promise.checkpoint().head);
                Ok(())
            },
            &witness_key(1),
            7,
        );
        self.last = written;
        self.cosigned.push(head);
        kept.unwrap()
    }
}

fn ask(tree: &Levels, size: u64, known: u64) -> Ask {
    Ask::new(&note(head(tree, size)), witness_key(1).verifier(), known).unwrap()
}

fn other_tree(size: u8) -> Levels {
    (0..size).map(|i| leaf_hash(&[i])).collect()
}

/// Asks until there is an answer that ends it.
fn converse(tree: &Levels, mut ask: Ask, desk: &mut Desk) -> Heard {
    loop {
        let reply = desk.answer(&ask.request(tree).unwrap().to_string());
        match ask.hear(reply.status, reply.body.as_bytes()) {
            Heard::Again(next) => ask = *next,
            heard => return heard,
        }
    }
}

fn refused(heard: Heard) -> Refused {
    match heard {
        Heard::Refused(refused) => refused,
        other => panic!("{other:?}"),
    }
}

fn alarm(heard: Heard) -> Alarm {
    match heard {
        Heard::Alarm(alarm) => alarm,
        other => panic!("{other:?}"),
    }
}

#[test]
fn whatever_size_is_believed_the_second_request_is_cosigned() {
    let tree = tree(&leaves(40));
    for seen in 0..=30 {
        for known in [0, 1, seen, 17, 40, 900] {
            let last = (seen > 0).then(|| head(&tree, seen));
            let mut desk = Desk { last, ..Desk::default() };
            let heard = converse(&tree, ask(&tree, 40, known), &mut desk);
            let Heard::Cosigned(cosigned) = heard else { panic!("{heard:?}") };
            assert_eq!((cosigned.head, cosigned.time), (head(&tree, 40), 7));
            let mut whole = note(head(&tree, 40));
            whole.add(cosigned.signature).unwrap();
            let keys = [log_keys().remove(0), witness_key(1).verifier().clone()];
            assert_eq!(whole.verify(&keys).unwrap().len(), 2);
        }
    }
}

#[test]
fn a_log_that_was_rolled_back_is_told_by_its_witness() {
    let tree = tree(&leaves(40));
    let mut desk = Desk { last: Some(head(&tree, 33)), ..Desk::default() };
    for known in [0, 20, 33] {
        let heard = converse(&tree, ask(&tree, 20, known), &mut desk);
        assert_eq!(alarm(heard), Alarm::Rollback { seen: 33, ours: 20 });
    }
    assert_eq!(desk.cosigned, []);
}

#[test]
fn a_fork_is_told_at_the_same_size_and_beyond_it() {
    let (ours, theirs) = (tree(&leaves(40)), other_tree(40));
    let mut desk = Desk { last: Some(head(&theirs, 20)), ..Desk::default() };
    for (size, known) in [(20, 20), (20, 0), (40, 20), (40, 3)] {
        let heard = converse(&ours, ask(&ours, size, known), &mut desk);
        assert_eq!(alarm(heard), Alarm::Fork { size: 20 });
    }
    assert_eq!(desk.cosigned, []);
}

#[test]
fn what_is_no_answer_is_no_alarm() {
    let tree = tree(&leaves(9));
    let hear = |status, body: &str| ask(&tree, 9, 4).hear(status, body.as_bytes());
    for (status, expected) in [
        (404, Refused::UnknownLog),
        (403, Refused::UnknownKey),
        (400, Refused::BadRequest),
        (500, Refused::Status(500)),
        (429, Refused::Status(429)),
        (0, Refused::Status(0)),
    ] {
        assert_eq!(refused(hear(status, "whatever")), expected);
    }
    for body in ["", "5", "-5\n", "5\n5\n", "<html>", "99999999999999999999\n"] {
        assert_eq!(refused(hear(409, body)), Refused::Garbage("a conflict without a size"));
    }
    let same = Refused::Garbage("a conflict with the size it has seen");
    assert_eq!(refused(hear(409, "4\n")), same);
    // Garbage about our own size is garbage too; only an empty body is the specification's.
    let own = |body: &str| ask(&tree, 9, 9).hear(409, body.as_bytes());
    assert_eq!(refused(own("<html>")), Refused::Garbage("a conflict without a size"));
    assert_eq!(alarm(own("")), Alarm::Fork { size: 9 });
}

#[test]
fn only_its_own_cosignature_of_this_very_checkpoint_counts() {
    let tree = tree(&leaves(9));
    let line = |number: u8, size| witness_key(number).cosign(&checkpoint(head(&tree, size)), 5);
    let hear = |body: String| ask(&tree, 9, 4).hear(200, body.as_bytes());
    assert_eq!(refused(hear(String::new())), Refused::Garbage("no cosignature lines"));
    let strange = Refused::Garbage("no cosignature of this witness");
    assert_eq!(refused(hear(format!("{}\n", line(2, 9)))), strange);
    // A replayed answer to an older checkpoint.
    let replayed = Refused::Garbage("a cosignature that does not hold");
    assert_eq!(refused(hear(format!("{}\n", line(1, 8)))), replayed);
    let both = hear(format!("{}\n{}\n", line(2, 9), line(1, 9)));
    let Heard::Cosigned(cosigned) = both else { panic!("{both:?}") };
    assert_eq!(cosigned.signature, line(1, 9));
}

#[test]
fn a_witness_that_names_size_after_size_is_left_alone() {
    let tree = tree(&leaves(40));
    let mut ask = ask(&tree, 40, 1);
    for size in 2.. {
        match ask.hear(409, format!("{size}\n").as_bytes()) {
            Heard::Again(next) => ask = *next,
            heard => {
                assert_eq!(refused(heard), Refused::Restless);
                assert_eq!(size, u64::from(ASKED_MAX) + 1);
                return;
            }
        }
    }
}

#[test]
fn a_tree_that_is_not_the_signed_one_is_not_shown() {
    let (ours, other) = (tree(&leaves(20)), other_tree(20));
    let ask = Ask::new(&note(head(&ours, 20)), witness_key(1).verifier(), 8).unwrap();
    assert!(ask.request(&ours).is_ok());
    assert!(ask.request(&other).is_err());
    assert!(ask.request(&tree(&leaves(11))).is_err());
}

#[test]
fn nothing_is_cosigned_that_was_not_written_down() {
    let tree = tree(&leaves(9));
    let request = ask(&tree, 9, 0).request(&tree).unwrap().to_string();
    let promise = consider(request.as_bytes(), &log_keys(), |_| None).unwrap();
    let kept = promise.keep(|_| Err("the disk is full"), &witness_key(1), 7);
    assert_eq!(kept, Err("the disk is full"));
}

/// One thing that happens between a log, an impostor with its key, and the witness.
#[derive(Clone, Debug)]
enum Act {
    /// This history shows its first so many leaves, believing the witness to be at a size.
    Show { history: usize, size: u64, known: u64 },
    /// The answer to that is lost, and the log forgets what it believed.
    Lose { history: usize, size: u64, known: u64 },
    /// An old request comes again.
    Replay(usize),
}

fn act() -> impl Strategy<Value = Act> {
    let shown = || (0..3usize, 0..60u64, 0..70u64);
    prop_oneof![
        4 => shown().prop_map(|(history, size, known)| Act::Show { history, size, known }),
        2 => shown().prop_map(|(history, size, known)| Act::Lose { history, size, known }),
        1 => (0..200usize).prop_map(Act::Replay),
    ]
}

/// Three histories of one log: two share their first 20 leaves, two their first 45.
fn histories() -> [Levels; 3] {
    let grow = |shared: usize, own: &str| -> Levels {
        let mut all = leaves(shared);
        all.extend((shared..60).map(|i| format!("{own} {i}").into_bytes()));
        tree(&all)
    };
    [tree(&leaves(60)), grow(20, "b"), grow(45, "c")]
}

proptest! {
    // Each act signs and verifies: the whole suite's patience is for more than this.
    #![proptest_config(ProptestConfig::with_cases(tacho_testkit::stories(60) as u32))]

    #[test]
    fn no_two_cosigned_heads_ever_contradict_each_other(
        acts in prop::collection::vec(act(), 1..60),
    ) {
        let trees = histories();
        let (mut desk, mut sent) = (Desk::default(), Vec::<String>::new());
        for act in acts {
            match act {
                Act::Replay(at) => {
                    if let Some(request) = sent.get(at).cloned() {
                        desk.answer(&request);
                    }
                }
                Act::Show { history, size, known } | Act::Lose { history, size, known } => {
                    let lost = matches!(act, Act::Lose { .. });
                    let tree = &trees[history];
                    let mut next = Some(ask(tree, size, known));
                    while let Some(ask) = next.take() {
                        let request = ask.request(tree).unwrap().to_string();
                        sent.push(request.clone());
                        let before = desk.last;
                        let reply = desk.answer(&request);
                        if lost {
                            break;
                        }
                        let shown = ask.head();
                        match ask.hear(reply.status, reply.body.as_bytes()) {
                            Heard::Again(ask) => next = Some(*ask),
                            Heard::Cosigned(cosigned) => {
                                prop_assert_eq!(desk.last, Some(shown));
                                prop_assert_eq!(cosigned.head, shown);
                            }
                            Heard::Alarm(alarm) => {
                                // An alarm is never false: the witness was ahead, or elsewhere.
                                let last = before.unwrap();
                                let ahead = last.size > shown.size;
                                prop_assert_eq!(matches!(alarm, Alarm::Rollback { .. }), ahead);
                                prop_assert!(ahead || head(tree, last.size) != last);
                            }
                            Heard::Refused(refused) => prop_assert!(false, "{refused}"),
                        }
                    }
                }
            }
            let mut last = 0;
            for cosigned in &desk.cosigned {
                prop_assert!(cosigned.size >= last);
                last = cosigned.size;
            }
            // Some one history holds all that was ever cosigned.
            let holds = |tree: &&Levels| desk.cosigned.iter().all(|one| head(*tree, one.size) == *one);
            prop_assert!(trees.iter().find(holds).is_some());
        }
    }
}
