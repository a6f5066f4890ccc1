// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use crate::vm::Next;
use std::boxed::Box;

fn kept() -> (Kept<Power>, Journal) {
    (Kept::new(Power::new()), Journal::new())
}

#[test]
fn a_change_without_commit_is_put_back() {
    let (mut kept, journal) = kept();
    Section::new(&mut kept, &journal).change().park(true);
    assert!(journal.is_changed() && kept.put_back(journal.epoch()));
    let section = Section::new(&mut kept, &journal);
    assert!(!section.is_parked());
}

#[test]
fn a_commit_makes_it_stand() {
    let (mut kept, journal) = kept();
    let mut section = Section::new(&mut kept, &journal);
    section.change().park(true);
    section.seal();
    journal.commit(Some((7, Next::Stay)));
    assert!(!journal.is_changed());
    assert_eq!((journal.answer(7), journal.answer(8)), (Some(Next::Stay), None));
    assert!(kept.put_back(journal.epoch()));
    assert!(Section::new(&mut kept, &journal).is_parked());
}

#[test]
fn a_trap_counts_once() {
    let journal = Journal::new();
    [1, 1, 2, 5, 5].into_iter().for_each(|number| journal.count_trap(number));
    assert_eq!(journal.traps(), 3);
    journal.reset_traps();
    assert_eq!(journal.traps(), 0);
}

#[test]
fn every_flip_in_a_section_is_found() {
    for bit in 0..8 * size_of::<Inputs>() {
        let mut state = State::new();
        assert!(state.flip(1, bit / 8, 1 << (bit % 8)));
        assert_eq!(state.find(), Err(Damaged::Section("interrupts")), "bit {bit}");
    }
}

#[test]
fn another_layout_is_refused() {
    let mut state = State::new();
    state.header.version += 1;
    assert_eq!(state.find(), Err(Damaged::Header));
    let mut state = Box::new(State::new());
    assert_eq!(state.find(), Ok(Found::Left));
    *state = zerocopy::FromZeros::new_zeroed();
    assert_eq!(state.find(), Ok(Found::Fresh));
}
