// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use crate::debugger::DebuggerMemory;
use crate::exit::Next;
use crate::vcpu::{Power, PowerState};
use std::boxed::Box;

fn stored() -> (Stored<Power>, Journal) {
    (Stored::new(), Journal::new())
}

#[test]
fn a_change_without_commit_is_rolled_back() {
    let (mut stored, journal) = stored();
    Section::new(&mut stored, &journal).change().enter(PowerState::Parked);
    assert!(journal.is_changed() && stored.roll_back(journal.epoch()).is_ok());
    let section = Section::new(&mut stored, &journal);
    assert!(!section.is_parked());
}

#[test]
fn a_commit_makes_it_stand() {
    let (mut stored, journal) = stored();
    let record = ExitRecord::new();
    let mut section = Section::new(&mut stored, &journal);
    section.change().enter(PowerState::Parked);
    section.update_checksum();
    journal.commit(Some((&record, 7, Next::Stop)));
    assert!(!journal.is_changed());
    assert_eq!((record.committed(7, &journal), record.committed(8, &journal)), (Some(Next::Stop), None));
    assert_eq!(stored.roll_back(journal.epoch()), Ok(()));
    assert!(Section::new(&mut stored, &journal).is_parked());
}

#[test]
fn a_trap_counts_once() {
    let record = ExitRecord::new();
    [1, 1, 2, 5, 5].into_iter().for_each(|number| record.count_trap(number));
    assert_eq!(record.traps(), 3);
    record.reset_traps();
    assert_eq!(record.traps(), 0);
}

#[test]
fn every_flip_in_a_section_is_found() {
    let names = State::new().section_names();
    let known = ["power", "phase", "UART", "interrupts", "interrupt routing", "console", "log", "header"];
    known.iter().for_each(|name| assert!(names.contains(name), "{name}"));
    for (section, name) in names.iter().enumerate() {
        let mut at = 0;
        let mut fresh = Box::new(State::new());
        while fresh.flip(section, at, 0) {
            for bit in 0..8 {
                let mut state = State::new();
                assert!(state.flip(section, at, 1 << bit));
                let damaged = if *name == "header" { Damaged::Header } else { Damaged::Section(name) };
                assert_eq!(state.find(), Err(damaged), "{name}, bit {bit} of byte {at}");
            }
            at += 1;
        }
        assert!(at >= 8, "{name} is {at} bytes long");
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

/// More than a page, as a device with a queue or a framebuffer has.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone)]
#[repr(C)]
struct Large([u64; 1536]);

impl Content for Large {
    const NAME: &'static str = "large";

    fn new() -> Self {
        Self(core::array::from_fn(|n| n as u64))
    }
}

#[test]
fn a_section_may_be_larger_than_a_page() {
    assert!(size_of::<Stored<Large>>() > 2 * 4096);
    let (mut stored, journal) = (Box::new(Stored::<Large>::new()), Journal::new());
    Section::new(&mut stored, &journal).change().0[1535] = 7;
    assert_eq!(stored.roll_back(journal.epoch()), Ok(()));
    assert_eq!(stored.live().0[1535], 1535);
    let mut section = Section::new(&mut stored, &journal);
    section.change().0.fill(9);
    section.update_checksum();
    journal.commit(None);
    assert_eq!(stored.roll_back(journal.epoch()), Ok(()));
    assert!(stored.live().0.iter().all(|&word| word == 9));
    stored.visit(&mut |_, bytes| bytes[12_287] ^= 1);
    assert_eq!(stored.roll_back(journal.epoch()), Err(Damaged::Section("large")));
}

/// Descriptions, ours and others', give the state region so much. No program has room for several vCPUs and for a debugger.
#[test]
fn the_state_fits_into_two_pages() {
    let debugger = size_of::<DebuggerMemory>();
    assert!(size_of::<State>() - debugger <= 2 * 4096, "{:#x}", size_of::<State>());
    assert!(debugger <= 4096, "beside the state of a VM with one vCPU: {debugger:#x}");
}
