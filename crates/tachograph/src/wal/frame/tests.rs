//! Frames: exact bytes, limits from below, at and above, and every flipped bit.

use super::*;

const SALT: [u8; 16] = [7; 16];
const OFFSET: u64 = 32;

fn record() -> Record<'static> {
    Record {
        tenant: "acme",
        record_id: [1; 16],
        idem: [2; 16],
        leaf: br#"{"v":1}"#,
        parts: b"TVP1....",
        parts_count: 1,
        system: false,
        generation: 3,
    }
}

fn framed(record: &Record<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let total = encode(record, &mut bytes).unwrap();
    assert_eq!(total, bytes.len());
    bind(&mut bytes, &SALT, OFFSET);
    bytes
}

#[test]
fn a_frame_has_the_documented_bytes() {
    let bytes = framed(&record());
    let mut expected = Vec::new();
    expected.extend_from_slice(b"TWF1\0\0\0\x58");
    expected.extend_from_slice(&[1; 16]);
    expected.extend_from_slice(&[2; 16]);
    expected.extend_from_slice(&[0, 7, 0, 1, 0, 0, 0, 8, 0, 4, 0, 0, 0, 0, 0, 3]);
    expected.extend_from_slice(b"acme{\"v\":1}TVP1....\0\0\0\0\0");
    let mut bound = Vec::from(SALT);
    bound.extend_from_slice(&OFFSET.to_be_bytes());
    bound.extend_from_slice(&expected);
    expected.extend_from_slice(&crc32c::crc32c(&bound).to_be_bytes());
    expected.extend_from_slice(&[0, 0, 0, 0x58]);
    assert_eq!(bytes, expected);
    // The page of the format shows the same bytes.
    let page = include_str!("../../../../../docs/format/wal.md");
    let page: String = page.split_whitespace().collect();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(page.contains(&hex), "docs/format/wal.md does not show {hex}");
}

#[test]
fn the_checksum_is_crc_32c() {
    assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
}

#[test]
fn a_frame_is_read_back() {
    let system = Record { system: true, parts: b"", parts_count: 0, ..record() };
    for record in [record(), system] {
        let bytes = framed(&record);
        assert_eq!(decode(&bytes, &SALT, OFFSET), Ok((record, bytes.len())));
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let frame = framed(&record());
    for bit in 0..frame.len() * 8 {
        let mut bytes = frame.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(decode(&bytes, &SALT, OFFSET).is_err(), "bit {bit}");
    }
}

#[test]
fn every_torn_frame_is_noticed() {
    let frame = framed(&record());
    for kept in 0..frame.len() {
        assert!(decode(&frame[..kept], &SALT, OFFSET).is_err(), "cut at {kept}");
        let mut zeroed = frame.clone();
        zeroed[kept..].fill(0);
        assert!(decode(&zeroed, &SALT, OFFSET).is_err(), "zeros from {kept}");
    }
}

#[test]
fn a_frame_does_not_hold_in_another_place() {
    let bytes = framed(&record());
    assert_eq!(decode(&bytes, &SALT, OFFSET + 8), Err(Flaw::Checksum));
    assert_eq!(decode(&bytes, &[8; 16], OFFSET), Err(Flaw::Checksum));
}

#[test]
fn a_field_we_never_write_is_refused_though_the_checksum_holds() {
    // Flags, a tenant's name, padding, and a count without parts.
    for (at, value) in [(50, 1), (51, 2), (56, b'A'), (76, 1), (43, 0)] {
        let mut bytes = framed(&record());
        bytes[at] = value;
        bind(&mut bytes, &SALT, OFFSET);
        assert_eq!(decode(&bytes, &SALT, OFFSET), Err(Flaw::Field), "byte {at}");
    }
}

#[test]
fn limits_hold_below_at_and_above() {
    let leaf = vec![b'x'; LEAF_BYTES_MAX + 1];
    let with_leaf =
        |len: usize| encode(&Record { leaf: &leaf[..len], ..record() }, &mut Vec::new());
    assert_eq!(with_leaf(0), Err(Unfit::Leaf));
    assert!(with_leaf(1).is_ok());
    assert!(with_leaf(LEAF_BYTES_MAX).is_ok());
    assert_eq!(with_leaf(LEAF_BYTES_MAX + 1), Err(Unfit::Leaf));

    let room = FRAME_BYTES_MAX - TRAILER_BYTES - HEADER_BYTES - "acme".len() - record().leaf.len();
    let parts = vec![b'x'; FRAME_BYTES_MAX + 1];
    let with_parts =
        |len: usize| encode(&Record { parts: &parts[..len], ..record() }, &mut Vec::new());
    assert!(with_parts(room - 1).is_ok());
    assert_eq!(with_parts(room), Ok(FRAME_BYTES_MAX));
    assert_eq!(with_parts(room + 1), Err(Unfit::Frame));
    assert_eq!(with_parts(FRAME_BYTES_MAX + 1), Err(Unfit::Frame));

    let with_count = |parts_count| encode(&Record { parts_count, ..record() }, &mut Vec::new());
    assert!(with_count(PARTS_PER_FRAME_MAX).is_ok());
    assert_eq!(with_count(PARTS_PER_FRAME_MAX + 1), Err(Unfit::Parts));
    assert_eq!(with_count(0), Err(Unfit::Parts));
}

#[test]
fn tenants_are_names_and_never_paths() {
    let longest = "a".repeat(TENANT_BYTES_MAX);
    for good in ["a", "0", "acme-1", longest.as_str(), "0199a000-0000-70ed-804b-c452969c3d73"] {
        assert!(is_tenant(good), "{good}");
    }
    let too_long = "a".repeat(TENANT_BYTES_MAX + 1);
    for bad in ["", "-a", "A", "a/b", "..", "a.b", "a#", "a\0", "\u{e4}", too_long.as_str()] {
        assert!(!is_tenant(bad), "{bad}");
    }
}

#[test]
fn a_header_that_promises_too_much_is_refused_before_its_bytes_are_read() {
    let mut bytes = framed(&record());
    bytes[4..8].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(decode(&bytes, &SALT, OFFSET), Err(Flaw::Length));
    let mut bytes = framed(&record());
    bytes[44..48].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(decode(&bytes, &SALT, OFFSET), Err(Flaw::Length));
}
