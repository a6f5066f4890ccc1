// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use crate::state::Sections as _;
use proptest::prelude::*;
use std::boxed::Box;

/// A date of 2026.
const NOW: u32 = 0x6900_0000;

/// On memory of its own, for as long as the test runs.
fn fresh() -> Pl031<'static> {
    let (memory, journal) = Box::leak(Box::new((Stored::new(), Journal::new())));
    Pl031::new(memory, journal)
}

fn read(clock: &mut Pl031<'_>, offset: u16, now: u32) -> u32 {
    clock.look(now);
    clock.read_register(offset, now)
}

fn write(clock: &mut Pl031<'_>, offset: u16, value: u32, now: u32) {
    clock.look(now);
    clock.write_register(offset, value, now);
    clock.look(now);
}

#[test]
fn it_shows_the_board_s_time_until_the_guest_sets_it() {
    let mut clock = fresh();
    assert_eq!((read(&mut clock, DR, NOW), read(&mut clock, CR, NOW)), (NOW, 1));
    write(&mut clock, LR, 1000, NOW);
    assert_eq!((read(&mut clock, DR, NOW + 7), read(&mut clock, LR, NOW + 7)), (1007, 1000));
    // It cannot be stopped, nor written elsewhere.
    write(&mut clock, CR, 0, NOW);
    write(&mut clock, DR, 5, NOW);
    assert_eq!((read(&mut clock, DR, NOW + 8), read(&mut clock, CR, NOW + 8)), (1008, 1));
}

#[test]
fn the_alarm_comes_when_the_clock_shows_its_time() {
    let mut clock = fresh();
    write(&mut clock, LR, 1000, NOW);
    write(&mut clock, MR, 1005, NOW);
    write(&mut clock, IMSC, 1, NOW);
    assert_eq!((read(&mut clock, RIS, NOW + 4), clock.line(), read(&mut clock, MR, NOW)), (0, false, 1005));
    assert_eq!((read(&mut clock, RIS, NOW + 6), read(&mut clock, MIS, NOW + 6), clock.line()), (1, 1, true));
    write(&mut clock, IMSC, 0xfffe, NOW + 6);
    assert_eq!((read(&mut clock, RIS, NOW + 6), read(&mut clock, MIS, NOW + 6), clock.line()), (1, 0, false));
    write(&mut clock, IMSC, 0xffff, NOW + 6);
    assert_eq!((read(&mut clock, IMSC, NOW + 6), clock.line()), (1, true));
    write(&mut clock, ICR, 0xfffe, NOW + 6);
    assert!(clock.line());
    write(&mut clock, ICR, 1, NOW + 6);
    assert_eq!((read(&mut clock, RIS, NOW + 900), clock.line()), (0, false));
}

#[test]
fn an_alarm_for_now_comes_at_once_and_one_for_the_past_does_not() {
    let mut clock = fresh();
    write(&mut clock, MR, NOW, NOW);
    assert_eq!(clock.registers.ris, 1);
    write(&mut clock, ICR, 1, NOW);
    write(&mut clock, MR, NOW - 1, NOW);
    assert_eq!((clock.registers.ris, read(&mut clock, RIS, NOW + 1000)), (0, 0));
    // Set back, the clock shows that time again.
    write(&mut clock, LR, NOW - 3, NOW + 1000);
    assert_eq!((read(&mut clock, RIS, NOW + 1001), read(&mut clock, RIS, NOW + 1002)), (0, 1));
}

#[test]
fn a_reset_stops_the_alarm_and_keeps_the_time() {
    let mut clock = fresh();
    write(&mut clock, LR, 1000, NOW);
    write(&mut clock, MR, 1002, NOW);
    write(&mut clock, IMSC, 1, NOW);
    MmioDevice::reset(&mut clock, &mut crate::fake::FakeVcpu::new());
    assert_eq!([DR, LR, MR, IMSC, RIS].map(|register| read(&mut clock, register, NOW + 9)), [1009, 1000, 0, 0, 0]);
}

#[test]
fn a_board_that_sets_its_clock_back_raises_no_alarm() {
    let mut clock = fresh();
    write(&mut clock, MR, NOW + 10, NOW);
    assert_eq!((read(&mut clock, RIS, NOW - 100), read(&mut clock, RIS, NOW + 10)), (0, 1));
}

#[test]
fn identification_registers_are_told_apart() {
    let id: [u8; 8] = core::array::from_fn(|n| read(&mut fresh(), ID + 4 * n as u16, 0) as u8);
    assert_eq!(id, [0x31, 0x10, 0x14, 0, 0x0d, 0xf0, 0x05, 0xb1]);
    assert!(is_pl031(id) && is_pl031([0x31, 0x10, 0x04, 0, 0x0d, 0xf0, 0x05, 0xb1]));
    assert!(!is_pl031([0; 8]) && !is_pl031([0x11, 0x10, 0x34, 0, 0x0d, 0xf0, 0x05, 0xb1]));
}

proptest! {
    /// The alarm comes at the first look at which its time has passed, however the two clocks wrap.
    #[test]
    fn alarms_are_neither_early_nor_lost(now: u32, set: u32, wait in 0..HALF, late in 0..1000u32) {
        let mut clock = fresh();
        write(&mut clock, LR, set, now);
        write(&mut clock, ICR, 1, now);
        write(&mut clock, MR, set.wrapping_add(wait), now);
        if wait > 0 {
            prop_assert_eq!(read(&mut clock, RIS, now.wrapping_add(wait - 1)), 0);
        }
        if wait + late < HALF {
            prop_assert_eq!(read(&mut clock, RIS, now.wrapping_add(wait + late)), 1);
        }
    }
}
