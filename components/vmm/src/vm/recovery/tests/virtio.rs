// SPDX-License-Identifier: MIT OR Apache-2.0
//! The same for the console by Virtio, whose queues are in the guest's RAM.

use super::*;

const CONSOLE: u64 = VIRTIO_CONSOLE;
/// Where the queues' areas are, and buffers.
const RECEIVE: [u64; 3] = [RAM + 0x4000, RAM + 0x4200, RAM + 0x4400];
const SEND: [u64; 3] = [RAM + 0x5000, RAM + 0x5200, RAM + 0x5400];
const TEXT: u64 = RAM + 0x6000;
const ROOM: u64 = RAM + 0x7000;
/// A buffer that the device writes; one that goes on with the next descriptor.
const WRITE: u64 = 2;
const NEXT: u64 = 1;

/// The second word of a descriptor.
pub(super) const fn about(length: u64, flags: u64, next: u64) -> u64 {
    length | flags << 32 | next << 48
}

/// The first word of a driver's area with these heads available.
pub(super) const fn available(index: u64, heads: [u64; 2]) -> u64 {
    index << 16 | heads[0] << 32 | heads[1] << 48
}

/// Everything that a driver does, and some that none does.
const EVENTS: [(&str, Event); 45] = [
    ("GICD_CTLR", store(GICD, 1)),
    ("GICD_ISENABLER1", store(GICD + 0x104, 1 << 16)),
    ("GICD_ITARGETSR", store(GICD + 0x830, 1)),
    ("ACKNOWLEDGE, DRIVER", store(CONSOLE + 0x70, 3)),
    ("DriverFeaturesSel", store(CONSOLE + 0x24, 1)),
    ("DriverFeatures", store(CONSOLE + 0x20, 1)),
    ("FEATURES_OK", store(CONSOLE + 0x70, 11)),
    ("QueueNum", store(CONSOLE + 0x38, 8)),
    ("QueueDesc", store(CONSOLE + 0x80, RECEIVE[0])),
    ("QueueDriver", store(CONSOLE + 0x90, RECEIVE[1])),
    ("QueueDevice", store(CONSOLE + 0xa0, RECEIVE[2])),
    ("QueueReady", store(CONSOLE + 0x44, 1)),
    ("QueueSel", store(CONSOLE + 0x30, 1)),
    ("QueueNum of the other", store(CONSOLE + 0x38, 8)),
    ("QueueDesc of the other", store(CONSOLE + 0x80, SEND[0])),
    ("QueueDriver of the other", store(CONSOLE + 0x90, SEND[1])),
    ("QueueDevice of the other", store(CONSOLE + 0xa0, SEND[2])),
    ("QueueReady of the other", store(CONSOLE + 0x44, 1)),
    ("room for input", Event::Ram(RECEIVE[0], &[ROOM, about(3, WRITE, 0), ROOM + 8, about(8, WRITE, 0)])),
    ("is available", Event::Ram(RECEIVE[1], &[available(2, [0, 1])])),
    ("DRIVER_OK", store(CONSOLE + 0x70, 15)),
    ("input for the UART", Event::Input(b"u")),
    ("a text", Event::Ram(TEXT, &[u64::from_le_bytes(*b"one\ntwo\n"), u64::from_le_bytes(*b"login: \0")])),
    (
        "in a chain, and one by itself",
        Event::Ram(SEND[0], &[TEXT, about(2, NEXT, 1), TEXT + 2, about(6, 0, 0), TEXT + 8, about(7, 0, 0)]),
    ),
    ("is available", Event::Ram(SEND[1], &[available(1, [0, 2])])),
    ("QueueNotify", store(CONSOLE + 0x50, 1)),
    ("InterruptACK", store(CONSOLE + 0x64, 1)),
    ("nobody takes output", Event::Room(false)),
    ("the other one is available", Event::Ram(SEND[1], &[available(2, [0, 2])])),
    ("QueueNotify without room", store(CONSOLE + 0x50, 1)),
    ("somebody does", Event::Room(true)),
    ("a signal that tells of it, and input", Event::Input(b"root")),
    ("InterruptACK of both", store(CONSOLE + 0x64, 3)),
    ("input without room", Event::Input(b"more than there is")),
    ("more room", Event::Ram(RECEIVE[1], &[available(3, [0, 1]), 0])),
    ("QueueNotify of it", store(CONSOLE + 0x50, 0)),
    ("a byte without a queue", store(CONSOLE + 0x108, b'!' as u64)),
    ("a byte of the UART's", store(UART, b'u' as u64)),
    ("a chain in a circle", Event::Ram(SEND[0], &[TEXT, about(2, NEXT, 0)])),
    ("is available", Event::Ram(SEND[1], &[available(3, [0, 2])])),
    ("QueueNotify of a circle", store(CONSOLE + 0x50, 1)),
    ("QueueNotify of what wants a reset", store(CONSOLE + 0x50, 1)),
    ("Status 0", store(CONSOLE + 0x70, 0)),
    ("SYSTEM_RESET", call(0x8400_0009)),
    ("SYSTEM_OFF", call(0x8400_0008)),
];

#[test]
fn no_crash_point_of_virtio_is_visible() {
    assert!(kill_everywhere(&EVENTS, false) > 500);
}

/// That the events above do what they are called.
#[test]
fn the_events_are_what_they_say() {
    let until = |name: &str| {
        let index = EVENTS.iter().position(|(event, _)| *event == name).expect("it is there");
        after(&EVENTS[..=index], false)
    };
    let word = |world: &World, at: u64| world.memory[(at - RAM) as usize / 8].load(Relaxed);
    let world = until("QueueNotify");
    assert!(world.wire.borrow().output().ends_with("one\ntwo\n"));
    assert_eq!(word(&world, SEND[2]) & 0xffff_ffff, 1 << 16);
    let world = until("QueueNotify without room");
    assert!(world.wire.borrow().awaited && !world.wire.borrow().output().contains("login"));
    assert_eq!(word(&world, SEND[2]) & 0xffff_ffff, 1 << 16);
    let world = until("a signal that tells of it, and input");
    assert!(world.wire.borrow().output().ends_with("login: "));
    assert_eq!(word(&world, SEND[2]) & 0xffff_ffff, 2 << 16);
    assert_eq!((word(&world, ROOM), word(&world, ROOM + 8)), (u64::from_le_bytes(*b"roo\0\0\0\0\0"), b't'.into()));
    let world = until("QueueNotify of it");
    assert_eq!(word(&world, ROOM), u64::from_le_bytes(*b"mor\0\0\0\0\0"));
    let world = until("QueueNotify of a circle");
    assert!(world.wire.borrow().output().ends_with("virtio console, queue 1: a chain without an end\n"));
}

/// What a driver that runs finds in the buffers which the device has used since it looked last.
fn take_input(world: &World, seen: &mut u64) -> Vec<u8> {
    let bytes = |at: u64, count: u64| {
        let byte = move |at: u64| world.memory[(at - RAM) as usize / 8].load(Relaxed).to_le_bytes()[at as usize % 8];
        (at..at + count).map(byte)
    };
    let number = |at: u64, size: u64| bytes(at, size).rev().fold(0, |number, byte| number << 8 | u64::from(byte));
    let used = number(RECEIVE[2] + 2, 2);
    let entries = (*seen..used).map(|index| RECEIVE[2] + 4 + index * 8);
    *seen = used;
    entries.flat_map(|entry| bytes(ROOM + 8 * number(entry, 4), number(entry + 4, 4))).collect()
}

/// The guest runs while its VMM takes input for it, and dies in that: what it has been told of is not written again.
#[test]
fn input_is_told_of_once_it_is_kept() {
    hush();
    let name = "a signal that tells of it, and input";
    let index = EVENTS.iter().position(|(event, _)| *event == name).expect("it is there");
    let before = after(&EVENTS[..index], false);
    for point in 0.. {
        let (mut world, mut seen) = (before.copy(), 0);
        world.prepare(Event::Input(b"r"));
        kill_after(Some(point));
        let result = world.handle(&None);
        kill_after(None);
        let mut taken = take_input(&world, &mut seen);
        world.prepare(Event::Input(b"oot"));
        while world.recover(Event::Input(b""), false).is_none() {}
        taken.extend(take_input(&world, &mut seen));
        assert_eq!(String::from_utf8_lossy(&taken), "root", "killed at {point}");
        if result.is_some() {
            assert!(point > 5, "there are points in it");
            break;
        }
    }
}
