// SPDX-License-Identifier: MIT OR Apache-2.0
//! The same for the network, whose frames go both ways while a VMM dies: none is lost, none comes twice, and no shared
//! buffer is gone.

use super::virtio::{about, available};
use super::*;
use crate::fake;

const NET: u64 = VIRTIO_NET;
/// Where the queues' areas are: of the one in which the guest receives, and of the other.
const RECEIVE: [u64; 3] = [RAM + 0x4000, RAM + 0x4200, RAM + 0x4400];
const SEND: [u64; 3] = [RAM + 0x4800, RAM + 0x4a00, RAM + 0x4c00];
/// Buffers, to receive and to send.
const DATA: [u64; 2] = [RAM + 0x6000, RAM + 0xa000];
/// A buffer that the device writes; one that goes on with the next descriptor.
const WRITE: u64 = 2;
const NEXT: u64 = 1;
/// Bytes of a buffer to receive: Virtio's header and a frame.
const ROOM: u64 = 12 + 1514;

/// Four buffers of their own, one descriptor each.
const BUFFERS: [u64; 8] = [
    DATA[0],
    about(ROOM, WRITE, 0),
    DATA[0] + 0x800,
    about(ROOM, WRITE, 0),
    DATA[0] + 0x1000,
    about(ROOM, WRITE, 0),
    DATA[0] + 0x1800,
    about(ROOM, WRITE, 0),
];
/// A frame in two parts, and one in one.
const FRAMES: [u64; 6] =
    [DATA[1], about(12, NEXT, 1), DATA[1] + 0x10, about(600, 0, 0), DATA[1] + 0x800, about(12 + 60, 0, 0)];

/// Everything that a driver does: frames out, one and several; frames in, before there are buffers and after; a reset while
/// some wait.
const EVENTS: [(&str, Event); 46] = [
    ("GICD_CTLR", store(GICD, 1)),
    ("GICD_ISENABLER1", store(GICD + 0x104, 1 << 18)),
    ("GICD_ITARGETSR", store(GICD + 0x830, 1 << 16)),
    ("a frame that comes before the driver", Event::Frames(60, 0x11, 1)),
    ("Status 0", store(NET + 0x70, 0)),
    ("ACKNOWLEDGE, DRIVER", store(NET + 0x70, 3)),
    ("DriverFeatures: STATUS", store(NET + 0x20, 1 << 16)),
    ("DriverFeaturesSel", store(NET + 0x24, 1)),
    ("DriverFeatures", store(NET + 0x20, 1)),
    ("FEATURES_OK", store(NET + 0x70, 11)),
    ("QueueNum", store(NET + 0x38, 16)),
    ("QueueDesc", store(NET + 0x80, RECEIVE[0])),
    ("QueueDriver", store(NET + 0x90, RECEIVE[1])),
    ("QueueDevice", store(NET + 0xa0, RECEIVE[2])),
    ("QueueReady", store(NET + 0x44, 1)),
    ("QueueSel", store(NET + 0x30, 1)),
    ("QueueNum of the other", store(NET + 0x38, 16)),
    ("QueueDesc of the other", store(NET + 0x80, SEND[0])),
    ("QueueDriver of the other", store(NET + 0x90, SEND[1])),
    ("QueueDevice of the other", store(NET + 0xa0, SEND[2])),
    ("QueueReady of the other", store(NET + 0x44, 1)),
    ("DRIVER_OK", store(NET + 0x70, 15)),
    ("buffers' descriptors", Event::Ram(RECEIVE[0], &BUFFERS)),
    ("frames' descriptors", Event::Ram(SEND[0], &FRAMES)),
    ("a frame to send", Event::Ram(DATA[1] + 0x10, &[0x2222_2222_2222_2222; 75])),
    ("it is available", Event::Ram(SEND[1], &[available(1, [0, 2])])),
    ("QueueNotify of it", store(NET + 0x50, 1)),
    ("it is carried", Event::Carry(1)),
    ("another", Event::Ram(DATA[1] + 0x808, &[0x3333_3333_3333_3333; 9])),
    ("both are available", Event::Ram(SEND[1], &[available(3, [0, 2]), 0])),
    ("QueueNotify of both", store(NET + 0x50, 1)),
    ("they are carried", Event::Carry(2)),
    ("InterruptACK", store(NET + 0x64, 1)),
    ("the wire goes", Event::Wire(false)),
    ("InterruptACK of that", store(NET + 0x64, 2)),
    ("the wire comes", Event::Wire(true)),
    ("two frames and no buffers", Event::Frames(77, 0x44, 2)),
    ("a buffer", Event::Ram(RECEIVE[1], &[available(1, [0, 1]), 0x0003_0002])),
    ("QueueNotify of it", store(NET + 0x50, 0)),
    ("two more", Event::Ram(RECEIVE[1], &[available(3, [0, 1]), 0x0003_0002])),
    ("QueueNotify of these", store(NET + 0x50, 0)),
    ("a frame, and a buffer for it", Event::Frames(1514, 0x55, 1)),
    ("three frames and no buffers", Event::Frames(60, 0x66, 3)),
    ("one is carried that nobody has sent yet", Event::Ram(SEND[1], &[available(4, [0, 2]), 0])),
    ("Status 0 while frames wait", store(NET + 0x70, 0)),
    ("a frame for nobody", Event::Frames(60, 0x77, 1)),
];

#[test]
fn no_crash_point_of_the_network_is_visible() {
    assert!(kill_everywhere(&EVENTS, false) > 300);
}

/// That the events above do what they are called.
#[test]
fn the_events_of_the_network_are_what_they_say() {
    let until = |name: &str| {
        let index = EVENTS.iter().position(|(event, _)| *event == name).expect("it is there");
        after(&EVENTS[..=index], false)
    };
    let word = |world: &World, at: u64| world.memory[(at - RAM) as usize / 8].load(Relaxed);
    let used = |world: &World, [_, _, device]: [u64; 3]| word(world, device) >> 16 & 0xffff;
    let sent = |world: &World| world.network.sent.borrow().iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(used(&until("DRIVER_OK"), RECEIVE), 0, "the first frame is forgotten");
    let world = until("it is carried");
    assert_eq!((used(&world, SEND), sent(&world)), (1, std::vec![600]));
    assert_eq!(world.network.sent.borrow()[0], [0x22; 600]);
    let world = until("they are carried");
    assert_eq!((used(&world, SEND), sent(&world)), (3, std::vec![600, 60, 600]));
    let interrupt = |mut world: World| {
        let mut read = None;
        world.with(|vm, vcpu| {
            let (bus, mut outside) = vm.platform.devices(vcpu);
            read = bus.peek(NET + 0x60, 4, &mut outside);
        });
        read
    };
    let events = ["DRIVER_OK", "the wire goes", "InterruptACK of that", "the wire comes"];
    assert_eq!(events.map(|event| interrupt(until(event))), [Some(0), Some(2), Some(0), Some(2)]);
    assert_eq!(used(&until("two frames and no buffers"), RECEIVE), 0);
    let world = until("QueueNotify of these");
    assert_eq!((used(&world, RECEIVE), word(&world, DATA[0] + 0x10)), (2, 0x4444_4444_4444_4444));
    let world = until("three frames and no buffers");
    assert_eq!((used(&world, RECEIVE), word(&world, DATA[0] + 0x1010)), (3, 0x5555_5555_5555_5555));
    assert!(until("a frame for nobody").network.has_all_buffers());
}

/// A VMM that dies between what the switch sees and the signal leaves the signal to the next one.
#[test]
fn the_switch_hears_of_frames_whichever_vmm_has_sent_them() {
    let index = EVENTS.iter().position(|(event, _)| *event == "QueueNotify of it").expect("it is there");
    let mut world = after(&EVENTS[..=index], false);
    assert!(fake::take_signals() > 0);
    world.happen(store(NET + 0x64, 1), &[]);
    assert_eq!(fake::take_signals(), 1, "of a VMM that has sent nothing itself");
}
