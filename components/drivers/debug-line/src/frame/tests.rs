// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is written is read, and what is no frame is not.

use proptest::prelude::*;

use super::{CHECK_START, ESCAPE, FLAG, LONGEST, Reader, check, write};

type Said = (u8, Vec<u8>);

fn written(client: u8, bytes: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    write(client, bytes.iter().copied(), &mut |byte| wire.push(byte));
    wire
}

fn read_by(reader: &mut Reader, wire: &[u8]) -> Vec<Said> {
    let mut found = Vec::new();
    for byte in wire {
        if let Some(frame) = reader.take(*byte) {
            found.push((frame.client, frame.bytes.to_vec()));
        }
    }
    found
}

fn read(wire: &[u8]) -> Vec<Said> {
    read_by(&mut Reader::default(), wire)
}

fn said() -> impl Strategy<Value = Said> {
    let byte = prop_oneof![2 => any::<u8>(), 1 => Just(FLAG), 1 => Just(ESCAPE)];
    (any::<u8>(), prop::collection::vec(byte, 0..=LONGEST))
}

/// Bytes of a broken line: any, and more flags and escapes than chance gives.
fn garbage() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![6 => any::<u8>(), 1 => Just(FLAG), 1 => Just(ESCAPE)], 0..400)
}

proptest! {
    #[test]
    fn what_is_written_is_read(said in prop::collection::vec(said(), 0..6)) {
        let wire: Vec<u8> = said.iter().flat_map(|(client, bytes)| written(*client, bytes)).collect();
        prop_assert_eq!(read(&wire), said);
    }

    /// Whatever came before, the next frame is found, and it is the last.
    #[test]
    fn any_garbage_resynchronises(garbage in garbage(), (client, bytes) in said()) {
        let found = read(&[garbage, written(client, &bytes)].concat());
        prop_assert_eq!(found.last(), Some(&(client, bytes)));
    }

    /// One wrong byte is noticed, and costs the frame that it is in and at most one beside it.
    #[test]
    fn a_wrong_byte_costs_its_own_frames(said in prop::collection::vec(said(), 5), at in any::<prop::sample::Index>(), wrong in 1..=255u8) {
        let frames: Vec<Vec<u8>> = said.iter().map(|(client, bytes)| written(*client, bytes)).collect();
        let mut wire = frames.concat();
        let at = at.index(wire.len());
        let before = wire[at];
        wire[at] ^= wrong;
        let found = read(&wire);
        prop_assert!(found.len() >= said.len() - 2, "{} of {}", found.len(), said.len());
        // One that is or was a flag or an escape changes how many bytes there are; the check finds that too, but not each time.
        let strangers = found.iter().filter(|one| !said.contains(one)).count();
        prop_assert!(strangers == 0 || [before, wire[at]].iter().any(|byte| [FLAG, ESCAPE].contains(byte)), "{found:?}");
    }

    /// No byte is ever more than a frame of the longest kind, and none of them is invented.
    #[test]
    fn garbage_is_harmless(garbage in garbage()) {
        prop_assert!(read(&garbage).iter().all(|(_, bytes)| bytes.len() <= LONGEST));
    }
}

#[test]
fn every_byte_travels() {
    let all: Vec<u8> = (0..=255).collect();
    for (client, part) in all.chunks(LONGEST).enumerate() {
        let wire = written(client as u8, part);
        assert_eq!(read(&wire), [(client as u8, part.to_vec())]);
        assert_eq!(wire.iter().filter(|byte| **byte == FLAG).count(), 2);
    }
}

#[test]
fn the_check_sequence_is_the_one_of_rfc_1662() {
    // The check value of CRC-16/X-25.
    assert_eq!(!b"123456789".iter().fold(CHECK_START, |sum, byte| check(sum, *byte)), 0x906e);
}

#[test]
fn one_flag_between_two_frames_is_enough() {
    let (a, b) = (written(1, b"a"), written(2, b"b"));
    assert_eq!(read(&[&a[..a.len() - 1], &b].concat()), [(1, b"a".to_vec()), (2, b"b".to_vec())]);
}

#[test]
fn flags_alone_are_nothing() {
    assert_eq!(read(&[FLAG; 100]), []);
}

#[test]
fn an_abandoned_frame_is_none() {
    let mut wire = written(1, b"abc");
    wire.insert(wire.len() - 1, ESCAPE);
    assert_eq!(read(&[wire, written(2, b"d")].concat()), [(2, b"d".to_vec())]);
}

#[test]
fn what_is_too_long_is_none_and_the_next_is() {
    let mut reader = Reader::default();
    let mut wire = vec![FLAG];
    wire.extend([7; LONGEST + 4]);
    wire.push(FLAG);
    assert_eq!(read_by(&mut reader, &wire), []);
    assert_eq!(read_by(&mut reader, &written(2, &[9; LONGEST])), [(2, vec![9; LONGEST])]);
}

#[test]
fn of_too_much_the_first_part_is_written() {
    assert_eq!(read(&written(3, &[1; 2 * LONGEST])), [(3, vec![1; LONGEST])]);
}
