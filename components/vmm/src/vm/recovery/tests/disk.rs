// SPDX-License-Identifier: MIT OR Apache-2.0
//! The same for the disk, whose requests are in flight while a VMM dies: none is lost, none is done twice.

use super::virtio::{about, available};
use super::*;

const DISK: u64 = VIRTIO_BLOCK;
/// Where the queue's areas are, headers, and data.
const AREAS: [u64; 3] = [RAM + 0x4000, RAM + 0x4200, RAM + 0x4400];
const HEADERS: u64 = RAM + 0x5000;
const DATA: u64 = RAM + 0x6000;
/// A buffer that the device writes; one that goes on with the next descriptor.
const WRITE: u64 = 2;
const NEXT: u64 = 1;

/// Header, data and status of a request that has the descriptors from `n` on.
const fn chain(header: u64, data: u64, length: u64, flags: u64, n: u64) -> [u64; 6] {
    [
        HEADERS + header,
        about(16, NEXT, n + 1),
        DATA + data,
        about(length, NEXT | flags, n + 2),
        HEADERS + header + 16,
        about(1, WRITE, 0),
    ]
}

const READ_CHAIN: [u64; 6] = chain(0, 0, 0x1200, WRITE, 0);
const WRITE_CHAIN: [u64; 6] = chain(0x20, 0x2000, 0x400, 0, 3);
const FLUSH_CHAIN: [u64; 6] = chain(0x40, 0x2800, 8, 0, 6);
const WHOLE_CHAIN: [u64; 6] = chain(0x60, 0x3000, 0x1000, 0, 3);

/// Everything that a driver does: one request that takes two parts, one that writes a block in part, more at once than can
/// be in flight, a reset while some are.
const EVENTS: [(&str, Event); 36] = [
    ("GICD_CTLR", store(GICD, 1)),
    ("GICD_ISENABLER1", store(GICD + 0x104, 1 << 17)),
    ("GICD_ITARGETSR", store(GICD + 0x830, 1 << 8)),
    ("ACKNOWLEDGE, DRIVER", store(DISK + 0x70, 3)),
    ("DriverFeaturesSel", store(DISK + 0x24, 1)),
    ("DriverFeatures", store(DISK + 0x20, 1)),
    ("FEATURES_OK", store(DISK + 0x70, 11)),
    ("QueueNum", store(DISK + 0x38, 16)),
    ("QueueDesc", store(DISK + 0x80, AREAS[0])),
    ("QueueDriver", store(DISK + 0x90, AREAS[1])),
    ("QueueDevice", store(DISK + 0xa0, AREAS[2])),
    ("QueueReady", store(DISK + 0x44, 1)),
    ("DRIVER_OK", store(DISK + 0x70, 15)),
    ("a read's descriptors", Event::Ram(AREAS[0], &READ_CHAIN)),
    ("a write's", Event::Ram(AREAS[0] + 0x30, &WRITE_CHAIN)),
    ("a flush's", Event::Ram(AREAS[0] + 0x60, &FLUSH_CHAIN)),
    ("their headers", Event::Ram(HEADERS, &[0, 3, 0xff, 0, 1, 17, 0xff, 0, 4, 0, 0xff, 0, 1, 8, 0xff])),
    ("the read is available", Event::Ram(AREAS[1], &[available(1, [0, 3]), 6])),
    ("QueueNotify of it", store(DISK + 0x50, 0)),
    ("its first part is there", Event::Disk(1)),
    ("its second part is there", Event::Disk(1)),
    ("InterruptACK", store(DISK + 0x64, 1)),
    ("data to write", Event::Ram(DATA + 0x2000, &[0x1111; 0x80])),
    ("write and flush are available", Event::Ram(AREAS[1], &[available(3, [0, 3]), 6])),
    ("QueueNotify of both", store(DISK + 0x50, 0)),
    ("the block around it is there", Event::Disk(1)),
    ("it is written", Event::Disk(1)),
    ("and flushed", Event::Disk(1)),
    ("a write of a whole block", Event::Ram(AREAS[0] + 0x30, &WHOLE_CHAIN)),
    ("four reads and it are available", Event::Ram(AREAS[1], &[available(8, [0, 3]), 6, 3 << 16])),
    ("QueueNotify of these", store(DISK + 0x50, 0)),
    ("the reads' first parts are there", Event::Disk(4)),
    ("a read is done, and the write takes its place", Event::Disk(1)),
    ("two more are done", Event::Disk(2)),
    ("Status 0 while two are in flight", store(DISK + 0x70, 0)),
    ("their answers, which nobody waits for", Event::Disk(2)),
];

#[test]
fn no_crash_point_of_the_disk_is_visible() {
    assert!(kill_everywhere(&EVENTS, false) > 300);
}

/// That the events above do what they are called.
#[test]
fn the_events_of_the_disk_are_what_they_say() {
    let until = |name: &str| {
        let index = EVENTS.iter().position(|(event, _)| *event == name).expect("it is there");
        after(&EVENTS[..=index], false)
    };
    let word = |world: &World, at: u64| world.memory[(at - RAM) as usize / 8].load(Relaxed);
    let used = |world: &World| word(world, AREAS[2]) >> 16 & 0xffff;
    let world = until("its first part is there");
    assert_eq!((used(&world), word(&world, DATA), word(&world, DATA + 0xfff)), (0, 0x0303_0303_0303_0303, 0));
    let world = until("its second part is there");
    assert_eq!((used(&world), word(&world, DATA + 0x11f8)), (1, 0x0b0b_0b0b_0b0b_0b0b));
    assert_eq!(word(&world, HEADERS + 16), 0, "its status");
    let world = until("QueueNotify of both");
    assert_eq!((used(&world), world.disk.served.get()), (1, 2));
    let world = until("it is written");
    let contents = world.disk.contents.borrow().clone();
    assert_eq!(
        (contents[512 * 17 - 1], contents[512 * 17], contents[512 * 19 - 7], contents[512 * 19]),
        (16, 0x11, 0x11, 19)
    );
    assert_eq!(used(&world), 2);
    assert_eq!(used(&until("and flushed")), 3);
    let world = until("a read is done, and the write takes its place");
    assert_eq!((used(&world), world.disk.served.get()), (4, 10));
    assert_eq!(used(&until("two more are done")), 6);
    let world = until("their answers, which nobody waits for");
    assert_eq!((world.disk.served.get(), world.disk.contents.borrow()[0x1000]), (14, 0));
}
