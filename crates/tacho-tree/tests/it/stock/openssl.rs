//! `openssl ts` answers our requests for time stamps, and finds that its answers stamp our notes.

use std::path::Path;

use tacho_testkit::{Authority, scratch};
use tacho_tree::stamp::{Stamp, StampError, imprint, request};

use crate::sample::{head, leaves, note, tree};

#[test]
fn openssl_stamps_our_notes_and_rejects_other_ones() {
    let folder = scratch(env!("CARGO_TARGET_TMPDIR"));
    let Some(authority) = Authority::make(Path::new(&*folder)) else { return };
    let tree = tree(&leaves(9));
    let (ours, other) = (note(head(&tree, 9)).to_string(), note(head(&tree, 8)).to_string());
    for nonce in [[0; 8], [0xff; 8], *b"\x00\x80abcdef"] {
        let response = authority.answer(&request(&imprint(ours.as_bytes()), nonce));
        let stamp = Stamp::parse(&response).unwrap();
        assert!(stamp.is_over(ours.as_bytes()) && !stamp.is_over(other.as_bytes()));
        assert!(stamp.answers(nonce) && !stamp.answers([1; 8]));
        assert!(stamp.time > 1_700_000_000, "{}", stamp.time);
        assert!(authority.accepts(ours.as_bytes(), &response));
        assert!(!authority.accepts(other.as_bytes(), &response));
    }
}

#[test]
fn a_changed_stamp_is_refused_here_or_by_openssl_and_never_panics() {
    let folder = scratch(env!("CARGO_TARGET_TMPDIR"));
    let Some(authority) = Authority::make(Path::new(&*folder)) else { return };
    let ours = note(head(&tree(&leaves(9)), 9)).to_string();
    let response = authority.answer(&request(&imprint(ours.as_bytes()), [7; 8]));
    // Behind the imprint stand the serial number and the time; both are under the signature.
    let imprint = imprint(ours.as_bytes());
    let at = response.windows(32).position(|bytes| bytes == imprint).unwrap();
    let mut passed = 0;
    for bit in at * 8..(at + 32 + 20) * 8 {
        let mut changed = response.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        if Stamp::parse(&changed).is_ok_and(|stamp| stamp.is_over(ours.as_bytes())) {
            passed += 1;
            assert!(passed % 4 > 0 || !authority.accepts(ours.as_bytes(), &changed), "bit {bit}");
        }
    }
    assert!(passed > 20, "{passed}");
    for length in 0..response.len() {
        assert!(Stamp::parse(&response[..length]).is_err());
    }
}

#[test]
fn a_request_that_is_not_granted_is_no_stamp() {
    // PKIStatusInfo { rejection }, as RFC 3161 section 2.4.2 has it.
    let rejection = [0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02];
    assert_eq!(Stamp::parse(&rejection), Err(StampError::NotGranted(2)));
}
