// SPDX-License-Identifier: MIT OR Apache-2.0
//! The registers as a driver uses them, and as no driver does.

use super::*;
use crate::tests::Ram;
use proptest::prelude::*;

/// A feature of the device under test.
const OWN: u64 = 1 << 5;

struct Device {
    state: TransportState,
    queues: [QueueState; 2],
    ram: Ram,
}

impl Device {
    fn new() -> Self {
        Self { state: TransportState::default(), queues: [QueueState::default(); 2], ram: Ram::new(0x1_0000) }
    }

    fn with<R>(&mut self, work: impl FnOnce(&mut Transport<&mut TransportState, &mut QueueState, 2>, &Ram) -> R) -> R {
        let identity = Identity { id: 3, features: OWN };
        work(&mut Transport { state: &mut self.state, queues: self.queues.each_mut(), identity }, &self.ram)
    }

    fn write(&mut self, offset: u16, value: u32) -> Event {
        self.with(|transport, ram| transport.write(offset, 4, value, ram))
    }

    fn read(&mut self, offset: u16) -> u32 {
        self.with(|transport, _| transport.read(offset, 4))
    }

    fn line(&mut self) -> bool {
        self.with(|transport, _| transport.line())
    }

    fn agree(&mut self, features: u64) {
        for (select, half) in [(0, features as u32), (1, (features >> 32) as u32)] {
            self.write(DRIVER_FEATURES_SEL, select);
            self.write(DRIVER_FEATURES, half);
        }
        self.write(STATUS, 1 | 2 | FEATURES_OK);
    }

    fn set_up(&mut self, queue: u32, size: u32) -> Event {
        self.write(QUEUE_SEL, queue);
        self.write(QUEUE_NUM, size);
        for (n, area) in QUEUE_AREAS.into_iter().enumerate() {
            self.write(area, 0x1000 * (n as u32 + 1) + 0x4000 * queue);
            self.write(area + 4, 0);
        }
        self.write(QUEUE_READY, 1)
    }

    fn live() -> Self {
        let mut device = Self::new();
        device.agree(VERSION_1 | RING_RESET);
        assert_eq!((device.set_up(0, 8), device.set_up(1, 8)), (Event::Nothing, Event::Nothing));
        assert_eq!(device.write(STATUS, 1 | 2 | DRIVER_OK | FEATURES_OK), Event::Live);
        device
    }
}

#[test]
fn it_says_what_it_is() {
    let mut device = Device::new();
    let seen = [MAGIC_VALUE, VERSION, DEVICE_ID, VENDOR_ID].map(|offset| device.read(offset));
    assert_eq!(seen, [0x7472_6976, 2, 3, 0x5452_5a4c]);
    for (select, features) in [(0, 0x3000_0020), (1, 0x101), (2, 0)] {
        device.write(DEVICE_FEATURES_SEL, select);
        assert_eq!(device.read(DEVICE_FEATURES), features);
    }
    for (queue, most) in [(0, 64), (1, 64), (2, 0)] {
        device.write(QUEUE_SEL, queue);
        assert_eq!(device.read(QUEUE_NUM_MAX), most);
    }
    assert_eq!((device.read(0xb0), device.read(0xbc), device.read(0xac)), (u32::MAX, u32::MAX, 0));
}

#[test]
fn features_are_agreed_upon_or_refused() {
    for (features, agreed) in
        [(VERSION_1, true), (VERSION_1 | COMMON | OWN, true), (OWN, false), (VERSION_1 | 2, false), (!0, false)]
    {
        let mut device = Device::new();
        device.agree(features);
        assert_eq!(device.read(STATUS) & FEATURES_OK != 0, agreed, "{features:#x}");
        assert_eq!(device.write(STATUS, DRIVER_OK), if agreed { Event::Live } else { Event::Nothing });
        // Too late.
        device.write(DRIVER_FEATURES, 0);
        assert_eq!(device.with(|transport, _| transport.has(VERSION_1)), features & VERSION_1 != 0 && agreed);
    }
}

#[test]
fn a_notification_counts_when_driver_and_queue_are_ready() {
    let mut device = Device::live();
    assert_eq!(device.write(QUEUE_NOTIFY, 1), Event::Notified(1));
    assert_eq!([2, u32::MAX].map(|queue| device.write(QUEUE_NOTIFY, queue)), [Event::Nothing; 2]);
    device.write(QUEUE_SEL, 1);
    assert_eq!((device.read(QUEUE_READY), device.write(QUEUE_READY, 0)), (1, Event::QueueReset(1)));
    assert_eq!((device.read(QUEUE_READY), device.write(QUEUE_NOTIFY, 1)), (0, Event::Nothing));
    device.with(|transport, _| transport.fail());
    assert_eq!(device.write(QUEUE_NOTIFY, 0), Event::Nothing);
    assert_eq!(Device::new().write(QUEUE_NOTIFY, 0), Event::Nothing);
}

#[test]
fn a_queue_in_use_keeps_its_place() {
    let mut device = Device::live();
    let before = device.queues;
    assert_eq!(device.set_up(0, 16), Event::Nothing);
    assert_eq!(device.queues, before);
    device.write(QUEUE_SEL, 0);
    assert_eq!(device.write(QUEUE_RESET, 1), Event::QueueReset(0));
    assert_eq!((device.read(QUEUE_RESET), device.read(QUEUE_READY)), (0, 0));
    assert_eq!(device.set_up(0, 16), Event::Nothing);
    assert_eq!(device.queues[0].size, 16);
}

#[test]
fn only_who_agreed_resets_a_queue() {
    let mut device = Device::new();
    device.agree(VERSION_1);
    device.set_up(0, 8);
    assert_eq!((device.write(QUEUE_RESET, 1), device.read(QUEUE_READY)), (Event::Nothing, 1));
}

#[test]
fn a_queue_that_cannot_be_breaks_the_device_and_nothing_else() {
    let mut device = Device::new();
    assert_eq!((device.set_up(0, 8), device.read(QUEUE_READY)), (Event::Nothing, 0), "before the features");
    device.agree(VERSION_1);
    assert_eq!(device.set_up(0, 0x1_0008), Event::Broken(0, Broken::Size));
    assert_eq!((device.read(STATUS) & NEEDS_RESET, device.line()), (NEEDS_RESET, false));
    assert_eq!(device.write(STATUS, 0), Event::Reset);
    let [state, new] = [device.state, Device::new().state];
    assert_eq!((state, device.queues), (new, Device::new().queues));
}

#[test]
fn the_line_is_up_until_all_is_acknowledged() {
    let mut device = Device::live();
    device.with(|transport, _| transport.interrupt());
    device.with(|transport, _| transport.fail());
    assert_eq!((device.read(INTERRUPT_STATUS), device.line()), (USED_BUFFER | CONFIG_CHANGE, true));
    device.write(INTERRUPT_ACK, USED_BUFFER);
    assert!(device.line());
    device.write(INTERRUPT_ACK, CONFIG_CHANGE);
    assert_eq!((device.read(INTERRUPT_STATUS), device.line()), (0, false));
    assert_eq!(device.read(STATUS), 1 | 2 | DRIVER_OK | FEATURES_OK | NEEDS_RESET);
}

#[test]
fn other_widths_do_nothing() {
    let mut device = Device::new();
    for (offset, size) in [(STATUS, 1), (STATUS, 2), (STATUS, 8), (STATUS + 1, 4), (STATUS + 2, 4)] {
        assert_eq!(device.with(|transport, ram| transport.write(offset, size, 1, ram)), Event::Nothing);
        assert_eq!(device.with(|transport, _| transport.read(offset & !3, if size == 4 { 1 } else { size })), 0);
    }
    assert_eq!(device.read(STATUS), 0);
}

proptest! {
    #[test]
    fn nothing_a_driver_stores_is_too_strange(
        stores in prop::collection::vec((0u16..0x100, prop_oneof![0u32..16, any::<u32>()], prop::sample::select(vec![1u8, 2, 4, 4, 4, 4, 8])), 0..60),
    ) {
        let mut device = Device::new();
        for (offset, value, size) in stores {
            let offset = if size == 4 { offset & !3 } else { offset };
            device.with(|transport, ram| transport.write(offset, size, value, ram));
            device.with(|transport, _| transport.read(offset, size));
            let status = device.read(STATUS);
            prop_assert!(status & DRIVER_OK == 0 || status & FEATURES_OK != 0);
            prop_assert!(device.queues.iter().all(|queue| !queue.is_ready() || queue.size.is_power_of_two()));
        }
    }
}
