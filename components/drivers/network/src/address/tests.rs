// SPDX-License-Identifier: MIT OR Apache-2.0

use std::sync::atomic::AtomicU64;

use super::*;

const CARD: Address = [0x50, 0x54, 0, 0x12, 0x34, 0xfe];
const STRANGER: Address = [0x52, 0x55, 10, 0, 2, 2];
const GROUPS: [Address; 2] = [[0xff; 6], [0x33, 0x33, 0, 0, 0, 1]];
/// Clients 0, 1 and 3.
const THREE: [bool; MAX_CLIENTS] = [true, true, false, true, false, false, false, false];

/// Calls something with a frame of these addresses.
fn with_frame<R>(destination: Address, source: Address, act: impl FnOnce(&Frame<'_>) -> R) -> R {
    let bytes = [&destination[..], &source[..], &[8, 0, 0, 0]].concat();
    let words: Vec<_> = bytes.chunks(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap())).collect();
    let words: Vec<_> = words.into_iter().map(AtomicU64::new).collect();
    act(&Frame::new(&words, 14).unwrap())
}

fn targets(numbers: &[usize], is_card: bool) -> Result<Targets, Forged> {
    let mut clients = [false; MAX_CLIENTS];
    numbers.iter().for_each(|number| clients[*number] = true);
    Ok(Targets { clients, is_card })
}

#[test]
fn addresses_are_different_and_nobody_else_s() {
    for card in [None, Some(CARD), Some([0xff; 6]), Some([0; 6])] {
        let addresses = Addresses::new(card, THREE);
        for one in 0..MAX_CLIENTS {
            let address = addresses.of(one);
            assert_eq!(address[0] & 3, LOCAL);
            assert!((0..one).all(|other| addresses.of(other) != address));
        }
    }
    let addresses = Addresses::new(Some(CARD), THREE);
    assert_eq!(addresses.of(0), [0x52, 0x54, 0, 0x12, 0x34, 0xfe]);
    assert_eq!((addresses.of(1)[5], addresses.of(2)[5]), (0xff, 0));
    assert_eq!(Addresses::new(None, THREE).of(7), [2, 0, 0, 0, 0, 7]);
}

#[test]
fn a_client_s_frame_goes_where_it_is_to_go() {
    for has_card in [false, true] {
        let addresses = Addresses::new(has_card.then_some(CARD), THREE);
        let from = |client: usize, destination: Address| {
            with_frame(destination, addresses.of(client), |frame| addresses.from_client(client, frame))
        };
        assert_eq!(from(0, addresses.of(1)), targets(&[1], false));
        assert_eq!(from(3, addresses.of(0)), targets(&[0], false));
        assert_eq!(from(0, addresses.of(0)), targets(&[], false), "to itself");
        for group in GROUPS {
            assert_eq!(from(0, group), targets(&[1, 3], has_card));
            assert_eq!(from(3, group), targets(&[0, 1], has_card));
        }
        assert_eq!(from(0, STRANGER), targets(&[], has_card));
        assert_eq!(from(0, addresses.of(2)), targets(&[], has_card), "no client has this");
    }
}

#[test]
fn nobody_sends_under_another_s_address() {
    let addresses = Addresses::new(Some(CARD), THREE);
    for source in [addresses.of(0), addresses.of(2), STRANGER, CARD, [0; 6], [0xff; 6]] {
        for destination in [addresses.of(0), STRANGER, GROUPS[0]] {
            let targets = with_frame(destination, source, |frame| addresses.from_client(1, frame));
            assert_eq!(targets, Err(Forged), "{source:x?}");
        }
    }
}

#[test]
fn what_comes_from_the_card_does_not_go_back() {
    let addresses = Addresses::new(Some(CARD), THREE);
    let from = |source, destination| with_frame(destination, source, |frame| addresses.from_card(frame));
    assert_eq!(from(STRANGER, addresses.of(3)), targets(&[3], false));
    GROUPS.iter().for_each(|group| assert_eq!(from(STRANGER, *group), targets(&[0, 1, 3], false)));
    assert_eq!(from(STRANGER, addresses.of(2)), targets(&[], false));
    assert_eq!(from(STRANGER, [4; 6]), targets(&[], false), "of somebody else on the wire");
    for destination in [addresses.of(1), GROUPS[0], STRANGER] {
        assert_eq!(from(addresses.of(0), destination), Err(Forged));
    }
    assert_eq!(from(addresses.of(2), addresses.of(0)), targets(&[0], false), "nobody here has that address");
}
