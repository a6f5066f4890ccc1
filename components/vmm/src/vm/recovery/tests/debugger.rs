// SPDX-License-Identifier: MIT OR Apache-2.0
//! The same for a session of gdb: neither it nor the guest notices that the VMM died.

use super::*;

/// Debug exceptions of a guest at [`PC`], from a lower level.
const fn taken(class: u64, iss: u64) -> Event {
    Event::Fault { label: 8, word: 0, esr: class << 26 | 1 << 25 | iss, x: 0 }
}

const BREAKPOINT: Event = taken(0x30, 0x22);
const STEP: Event = taken(0x32, 1 << 24 | 0x22);
const STORE_WATCHED: Event = taken(0x34, 0x62);
const BRK: Event = taken(0x3c, 7);
const MDE_KDE: u64 = 1 << 15 | 1 << 13;

/// `str x1, [x2]` at PC, with x2 at the bytes that are watched.
const STR_X1_X2: u64 = 0xf900_0041;

const EVENTS: [(&str, Event); 37] = [
    ("the guest enables its own", register([2, 0, 0, 2, 2], false, MDE_KDE)),
    ("its breakpoint's address", register([2, 0, 0, 0, 4], false, PC)),
    ("its breakpoint", register([2, 0, 0, 0, 5], false, 0x1e7)),
    ("gdb comes", Event::Gdb(b"$?#3f")),
    ("and reads", Event::Gdb(b"+$g#67")),
    ("a register", Event::Gdb(b"+$p20#d2")),
    ("writes one", Event::Gdb(b"+$P3=0500000000000000#c5")),
    ("memory", Event::Gdb(b"+$m40000100,8#56")),
    ("writes memory", Event::Gdb(b"+$M40000200,2:aabb#f1")),
    ("a breakpoint where the guest has one", Event::Gdb(b"+$Z1,40000100,4#9c")),
    ("goes on", Event::Gdb(b"+$vCont;c#a8")),
    ("both match", BREAKPOINT),
    ("goes on from there", Event::Gdb(b"+$vCont;c#a8")),
    ("the guest's", BREAKPOINT),
    ("its vector", STEP),
    ("an access of the guest's to its breakpoint", register([2, 0, 0, 0, 5], false, 0)),
    ("and it reads it", register([2, 0, 0, 0, 5], true, 0)),
    ("BRK", BRK),
    ("Ctrl-C", Event::Gdb(b"\x03")),
    ("half a packet", Event::Gdb(b"+$Z2,4000")),
    ("the other half", Event::Gdb(b"0300,8#a3")),
    ("a step", Event::Gdb(b"+$vCont;s:1#23")),
    ("is done", STEP),
    ("no more breakpoint", Event::Gdb(b"+$z1,40000100,4#bc")),
    ("goes on to a store", Event::Gdb(b"+$vCont;c#a8")),
    ("the store's instruction", Event::Ram(PC, &[STR_X1_X2])),
    ("an instruction that nobody watches", STORE_WATCHED),
    ("is stepped over", STEP),
    ("an exit like any other", store(UART, b'q' as u64)),
    ("WFI", WFI),
    ("Ctrl-C in it", Event::Gdb(b"+\x03")),
    ("input meanwhile", Event::Input(b"i")),
    ("goes on from the WFI", Event::Gdb(b"+$vCont;c#a8")),
    ("Ctrl-C again", Event::Gdb(b"+\x03")),
    ("goes", Event::Gdb(b"+$D#44")),
    ("the guest alone", register([2, 0, 0, 0, 4], true, 0)),
    ("BRK alone", BRK),
];

#[test]
fn no_crash_point_of_a_session_is_visible() {
    assert!(kill_everywhere(&EVENTS, false) > 300);
    let world = after(&EVENTS, false);
    let told = String::from(world.debug_wire.borrow().output());
    assert!(told.contains("hwbreak") && told.ends_with("+$OK#9a") && !told.contains("$E"), "{told}");
    assert!(!world.vcpu.attached && !world.vcpu.stopped);
}

/// What goes on the hardware is less than the guest's here: it takes nothing from EL1.
#[test]
fn the_guests_own_are_kept_before_anything_is_loaded() {
    const AT_ONCE: [(&str, Event); 6] = [
        ("the guest enables its own, but not for EL1", register([2, 0, 0, 2, 2], false, 1 << 15)),
        ("its breakpoint's address", register([2, 0, 0, 0, 4], false, PC)),
        ("its breakpoint", register([2, 0, 0, 0, 5], false, 0x1e7)),
        ("gdb lets it go on at once", Event::Gdb(b"$vCont;c#a8")),
        ("Ctrl-C", Event::Gdb(b"\x03")),
        ("goes", Event::Gdb(b"+$D#44")),
    ];
    assert!(kill_everywhere(&AT_ONCE, false) > 30);
    let world = after(&AT_ONCE, false);
    assert!(world.vcpu.debug.values().any(|&value| value == 0x1e7));
}

#[test]
fn a_guest_that_is_killed_starts_anew() {
    const KILLED: [(&str, Event); 5] = [
        ("gdb comes", Event::Gdb(b"$?#3f")),
        ("a breakpoint", Event::Gdb(b"+$Z1,40000100,4#9c")),
        ("goes on", Event::Gdb(b"+$vCont;c#a8")),
        ("is there", BREAKPOINT),
        ("kills", Event::Gdb(b"+$k#6b")),
    ];
    assert!(kill_everywhere(&KILLED, false) > 30);
    let world = after(&KILLED, false);
    assert!(!world.vcpu.attached && !world.vcpu.stopped && world.vcpu.debug.values().all(|value| *value == 0));
}
