//! Policies: who has to sign, and which files are none.

use tacho_tree::limits::POLICY_LINES_MAX;
use tacho_tree::policy::{Policy, PolicyError};
use tacho_tree::{Note, VerifierKey};

use crate::sample::witness_key;
use crate::sample::{checkpoint, head, leaves, log_key, log_keys, note, one_bit_off, tree};

fn vkey(number: u8) -> VerifierKey {
    witness_key(number).verifier().clone()
}

fn policy(lines: &str) -> Policy {
    parse(lines).unwrap_or_else(|malformed| panic!("{malformed}"))
}

/// Replaces `LOG` and `W1`..`W6` by their keys.
fn parse(lines: &str) -> Result<Policy, String> {
    let mut text = lines.replace("LOG", &log_key().verifier().to_string());
    for number in 1..=6 {
        text = text.replace(&format!("W{number}"), &vkey(number).to_string());
    }
    Policy::parse(text.as_bytes()).map_err(|malformed| malformed.to_string())
}

fn cosigned(witnesses: &[u8]) -> Note {
    let head = head(&tree(&leaves(9)), 9);
    let mut note = note(head);
    for number in witnesses {
        note.add(witness_key(*number).cosign(&checkpoint(head), 1)).unwrap();
    }
    note
}

/// The example of the specification.
const TWO_OPERATORS: &str = "\
    log LOG\n\nwitness X1 W1\nwitness X2 W2\nwitness X3 W3\ngroup X-witnesses 2 X1 X2 X3\n\n\
    witness Y1 W4\nwitness Y2 W5\nwitness Y3 W6\ngroup Y-witnesses any Y1 Y2 Y3\n\n\
    group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n";

#[test]
fn the_quorum_of_the_specifications_example_is_counted() {
    let policy = policy(TWO_OPERATORS);
    for enough in [&[1, 2, 4][..], &[2, 3, 6], &[1, 2, 3, 4, 5, 6]] {
        assert_eq!(policy.open(&cosigned(enough)).unwrap().head.size, 9);
    }
    for too_few in [&[][..], &[1, 4], &[1, 2, 3], &[4, 5, 6], &[3, 4, 5, 6]] {
        assert_eq!(policy.open(&cosigned(too_few)), Err(PolicyError::NoQuorum), "{too_few:?}");
    }
}

#[test]
fn witnesses_do_not_stand_in_for_the_log() {
    let policy = policy(TWO_OPERATORS);
    let mut unsigned = Note::new(cosigned(&[]).text().to_owned()).unwrap();
    for signature in &cosigned(&[1, 2, 3, 4, 5, 6]).signatures()[1..] {
        unsigned.add(signature.clone()).unwrap();
    }
    assert!(matches!(policy.open(&unsigned), Err(PolicyError::Checkpoint(_))));
}

#[test]
fn every_single_bit_change_of_a_note_with_all_its_signatures_needed_is_rejected() {
    let policy = policy("log LOG\nwitness a W1\nquorum a\n");
    let bytes = cosigned(&[1]).to_string().into_bytes();
    assert!(policy.open(&Note::parse(&bytes).unwrap()).is_ok());
    for changed in one_bit_off(&bytes) {
        let opened = Note::parse(&changed).is_ok_and(|note| policy.open(&note).is_ok());
        assert!(!opened, "{}", String::from_utf8_lossy(&changed));
    }
}

#[test]
fn a_logs_owner_hands_out_its_keys_as_a_policy() {
    let policy = Policy::of_logs(&log_keys()).unwrap();
    assert_eq!(policy.to_string(), format!("log {}\nquorum none\n", log_key().verifier()));
    assert_eq!(Policy::parse(policy.to_string().as_bytes()).unwrap(), policy);
    assert!(policy.open(&cosigned(&[])).is_ok());
    assert!(Policy::of_logs(&[log_keys(), log_keys()].concat()).is_err());
    assert!(Policy::of_logs(&[vkey(1)]).is_err());
}

#[test]
fn files_are_read_as_people_write_them_and_written_in_one_way() {
    let read = policy(
        "# ours\n  log\tLOG  https://tacho.example.com/acme \n\t\n\
         witness a W1 https://w.example.com\nwitness b W2\n  # two are enough\n\
         group ab 2 a\tb\nquorum ab\n",
    );
    let written = read.to_string();
    assert_eq!(written.lines().count(), 5);
    assert_eq!(Policy::parse(written.as_bytes()).unwrap(), read);
    let witnesses: Vec<_> = read.witnesses().map(|(name, _, url)| (name, url)).collect();
    assert_eq!(witnesses, [("a", Some("https://w.example.com")), ("b", None)]);
    assert_eq!(read.keys().len(), 3);
}

#[test]
fn files_that_break_a_rule_are_refused_at_their_line() {
    for (lines, refused) in [
        ("log LOG\n", "policy has no quorum"),
        ("quorum none", "policy does not end with a newline"),
        ("quorum none\nquorum none\n", "policy line 2 is a second quorum"),
        ("quorum a\nwitness a W1\n", "policy line 1 names what no line above defines"),
        ("log LOG\nlog LOG\nquorum none\n", "policy line 2 has a key that stands in a line above"),
        ("log W1\nquorum none\n", "policy line 1 has a key that is not made for this"),
        ("witness a LOG\nquorum none\n", "policy line 1 has a key that is not made for this"),
        ("witness a x+y+z\nquorum none\n", "policy line 1 has a key that cannot be read"),
        ("witness none W1\nquorum none\n", "policy line 1 has a name that is taken"),
        ("witness a W1\nwitness a W2\nquorum a\n", "policy line 2 has a name that is taken"),
        ("witness a W1\ngroup a any a\nquorum a\n", "policy line 2 has a name that is taken"),
        (
            "witness a W1\nwitness b W1\nquorum a\n",
            "policy line 2 has a key that stands in a line above",
        ),
        ("log LOG url more\nquorum none\n", "policy line 1 has a word too many"),
        ("group g any\nquorum g\n", "policy line 1 needs more members than it has, or none"),
        (
            "witness a W1\ngroup g 2 a\nquorum g\n",
            "policy line 2 needs more members than it has, or none",
        ),
        (
            "witness a W1\ngroup g 0 a\nquorum g\n",
            "policy line 2 needs more members than it has, or none",
        ),
        ("witness a W1\ngroup g 01 a\nquorum g\n", "policy line 2 has no threshold"),
        ("witness a W1\ngroup g some a\nquorum g\n", "policy line 2 has no threshold"),
        ("witness a W1\ngroup g all a a\nquorum g\n", "policy line 2 has a member twice"),
        (
            "witness a W1\ngroup g all b\nquorum g\n",
            "policy line 2 has a member that no line above defines",
        ),
        (
            "witness a W1\ngroup g all none\nquorum g\n",
            "policy line 2 has a member that no line above defines",
        ),
        (
            "witness a W1\ngroup g all a\ngroup h all a\nquorum h\n",
            "policy line 3 has a member of another group",
        ),
        ("log\nquorum none\n", "policy line 1 is not a log, witness, group or quorum"),
        ("quorum none\r\n", "policy line 1 has a control character"),
        ("LOG\nquorum none\n", "policy line 1 is not a log, witness, group or quorum"),
    ] {
        assert_eq!(parse(lines).unwrap_err(), refused, "{lines}");
    }
}

#[test]
fn a_group_of_one_group_counts_each_member_once() {
    let policy = policy("log LOG\nwitness a W1\ngroup g all a\ngroup h any g\nquorum h\n");
    assert!(policy.open(&cosigned(&[1])).is_ok());
    assert_eq!(policy.open(&cosigned(&[2])), Err(PolicyError::NoQuorum));
}

#[test]
fn a_policy_is_bounded() {
    let groups = |count: usize| {
        let mut text = "witness g0 W1\n".to_owned();
        for number in 1..count {
            text += &format!("group g{number} any g{}\n", number - 1);
        }
        text + "quorum none\n"
    };
    assert!(parse(&groups(POLICY_LINES_MAX)).is_ok());
    let one_more = parse(&groups(POLICY_LINES_MAX + 1)).unwrap_err();
    assert_eq!(one_more, "policy line 257 is one line too many");
    let long = format!("# {}\nquorum none\n", "a".repeat(1 << 16));
    assert_eq!(parse(&long).unwrap_err(), "policy is too long");
    assert!(Policy::parse(b"# \xff\nquorum none\n").is_err());
}
