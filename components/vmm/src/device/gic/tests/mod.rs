// SPDX-License-Identifier: MIT OR Apache-2.0
mod architecture;
mod format;
mod machine;
mod prepared_timer;
mod program;
mod take_back;

use super::*;
use crate::fake::CpuInterface;
use crate::state::{Journal, Sections as _};
use proptest::prelude::*;
use std::boxed::Box;
use std::vec::Vec;

/// The interfaces of some vCPUs, one of which exits.
struct Port {
    interfaces: Vec<CpuInterface>,
    current: usize,
    /// What was injected one by one: list register, interrupt, priority, group.
    injected: Vec<(u8, u16, u8, u8)>,
    acked: usize,
    refuse: bool,
    /// The kernel can read and write list registers.
    takes_back: bool,
    /// And inject the virtual timer's interrupt by itself.
    prepares: bool,
    /// The virtual timer's line.
    timer: bool,
    /// How often interfaces were read and written.
    reads: usize,
    writes: usize,
}

impl Default for Port {
    fn default() -> Self {
        Self::new(1, Format::V2)
    }
}

impl Port {
    fn new(cpus: usize, format: Format) -> Self {
        let mut interface = CpuInterface::new(format);
        (interface.control, interface.mask) = (1, 0xf8);
        let interfaces = std::vec![interface; cpus];
        let (injected, timer, takes_back) = (Vec::new(), false, true);
        Self {
            interfaces,
            current: 0,
            injected,
            acked: 0,
            refuse: false,
            takes_back,
            prepares: false,
            timer,
            reads: 0,
            writes: 0,
        }
    }

    /// A kernel that can do neither.
    fn stock() -> Self {
        Self { takes_back: false, ..Self::default() }
    }

    fn guest(&mut self) -> &mut CpuInterface {
        &mut self.interfaces[self.current]
    }

    /// The guest takes an interrupt and ends it, and the VMM hears of it.
    fn handle(&mut self, gic: &mut Gic<'_>) -> u32 {
        let taken = self.guest().acknowledge();
        self.guest().end(taken);
        self.settle(gic);
        taken
    }

    /// All maintenance interrupts.
    fn settle(&mut self, gic: &mut Gic<'_>) {
        for _ in 0..100 {
            let Some(index) = self.guest().maintenance() else { return };
            gic.maintenance(index, self);
            gic.deliver(self);
        }
        panic!("the maintenance interrupt does not go away");
    }
}

impl Inject for Port {
    fn current(&self) -> usize {
        self.current
    }
    fn inject(&mut self, cpu: usize, index: u8, intid: u16, priority: u8, group: u8) -> bool {
        assert!(usize::from(index) < LIST_REGISTERS && priority < 32 && group < 2);
        let done = !self.refuse && self.interfaces[cpu].inject(index, intid, priority, group);
        if done {
            self.injected.push((index, intid, priority, group));
        }
        done
    }
    fn reset_interface(&mut self, cpu: usize) -> bool {
        if self.takes_back {
            self.interfaces[cpu].reset();
        }
        self.takes_back
    }
    fn ack_vppi(&mut self, _cpu: usize, intid: u16) {
        assert_eq!(intid, VIRTUAL_TIMER);
        self.acked += 1;
    }
    fn timer_fires(&mut self, _cpu: usize) -> bool {
        self.timer
    }
    fn can_prepare_timer(&self) -> bool {
        self.prepares
    }
    fn prepare_timer(&mut self, cpu: usize, injection: Option<u64>) -> bool {
        !self.refuse && self.interfaces[cpu].prepare_timer(injection)
    }
    fn can_take_back(&self) -> bool {
        self.takes_back
    }
    fn format(&self) -> Format {
        self.interfaces[0].format
    }
    fn hold(&mut self, _cpu: usize) -> bool {
        true
    }
    fn read_interface(&mut self, cpu: usize) -> Option<Interface> {
        self.reads += 1;
        self.takes_back.then(|| self.interfaces[cpu].read())
    }
    fn write_interface(&mut self, cpu: usize, interface: &Interface) {
        self.writes += 1;
        self.interfaces[cpu].write(interface);
    }
}

/// On memory of its own, for as long as the test runs.
fn fresh() -> Gic<'static> {
    let (memory, journal) = Box::leak(Box::new((GicMemory::new(), Journal::new())));
    Gic::new(memory, journal)
}

fn enabled(intids: &[u16]) -> Gic<'static> {
    let (mut gic, mut port) = (fresh(), Port::stock());
    gic.store(0, 4, 1, &mut port);
    for &intid in intids {
        gic.store(0x100 + intid / 32 * 4, 4, 1 << (intid % 32), &mut port);
    }
    gic
}

#[test]
fn identifies_as_gicv2() {
    let (gic, mut port) = (fresh(), Port::default());
    assert_eq!(gic.load(0x004, 4, &mut port), 4);
    assert_eq!(gic.load(0xfe8, 4, &mut port) >> 4 & 0xf, 2);
    assert_eq!(gic.load(0x100, 4, &mut port), 0xffff);
    assert_eq!(gic.load(0x800, 4, &mut port), 0);
}

/// What a guest had in its list registers is gone with a reset, so that the same interrupt can come again; on a kernel
/// that cannot take it back, the list register stays taken.
#[test]
fn a_reset_empties_list_registers_if_the_kernel_can() {
    for empties in [false, true] {
        let (mut gic, mut port) = (enabled(&[33]), Port { takes_back: empties, ..Port::default() });
        gic.set_line(33, true, &mut port);
        gic.deliver(&mut port);
        assert_eq!(port.injected.pop().map(|(index, intid, ..)| (index, intid)), Some((0, 33)));
        gic.reset(&mut port);
        gic.store(0, 4, 1, &mut port);
        gic.store(0x104, 4, 2, &mut port);
        gic.set_line(33, true, &mut port);
        gic.deliver(&mut port);
        let again = port.injected.pop().map(|(index, intid, ..)| (index, intid));
        assert_eq!(again, empties.then_some((0, 33)));
    }
}

#[test]
fn disabled_interrupt_waits() {
    let (mut gic, mut port) = (enabled(&[]), Port::default());
    gic.set_line(33, true, &mut port);
    gic.deliver(&mut port);
    assert!(port.injected.is_empty());
    gic.store(0x104, 4, 2, &mut port);
    gic.deliver(&mut port);
    assert_eq!(port.injected, [(0, 33, 0, 0)]);
}

#[test]
fn distributor_off_forwards_nothing() {
    let (mut gic, mut port) = (enabled(&[33]), Port::default());
    gic.store(0, 4, 0, &mut port);
    gic.set_line(33, true, &mut port);
    gic.deliver(&mut port);
    assert!(port.injected.is_empty() && !gic.has_pending(0, &mut port));
}

#[test]
fn level_is_sampled_again_at_the_end() {
    let (mut gic, mut port) = (enabled(&[33]), Port::stock());
    gic.set_line(33, true, &mut port);
    gic.deliver(&mut port);
    gic.deliver(&mut port);
    assert_eq!(port.injected.len(), 1);
    gic.maintenance(0, &mut port);
    gic.deliver(&mut port);
    assert_eq!(port.injected.len(), 2);
    gic.set_line(33, false, &mut port);
    gic.maintenance(0, &mut port);
    gic.deliver(&mut port);
    assert_eq!(port.injected.len(), 2);
    assert!(!gic.has_pending(0, &mut port));
}

#[test]
fn edge_during_handling_comes_once_more() {
    let (mut gic, mut port) = (enabled(&[40]), Port::stock());
    gic.store(0xc08, 4, 2 << 16, &mut port);
    assert_eq!(gic.load(0xc08, 4, &mut port), 2 << 16);
    for _ in 0..2 {
        gic.set_line(40, true, &mut port);
        gic.set_line(40, false, &mut port);
        gic.deliver(&mut port);
    }
    assert_eq!(port.injected.len(), 1);
    gic.maintenance(0, &mut port);
    gic.deliver(&mut port);
    assert_eq!(port.injected.len(), 2);
    gic.maintenance(0, &mut port);
    gic.deliver(&mut port);
    assert_eq!(port.injected.len(), 2);
}

#[test]
fn urgent_first_and_overflow_waits() {
    let all = [40, 41, 42, 43, 44, 45];
    let (mut gic, mut port) = (enabled(&all), Port::stock());
    for (n, intid) in all.into_iter().enumerate() {
        gic.store(0x400 + intid, 1, (0xf0 - 16 * n) as u64, &mut port);
        gic.set_line(intid, true, &mut port);
    }
    gic.deliver(&mut port);
    let order: Vec<u16> = port.injected.iter().map(|entry| entry.1).collect();
    assert_eq!(order, [45, 44, 43, 42]);
    assert_eq!(port.injected[0].2, 0xa0 >> 3);
    gic.set_line(44, false, &mut port);
    gic.maintenance(1, &mut port);
    gic.deliver(&mut port);
    assert_eq!(port.injected[4], (1, 41, 0xe0 >> 3, 0));
}

#[test]
fn timer_is_acknowledged_at_the_end_of_its_interrupt() {
    let (mut gic, mut port) = (enabled(&[27]), Port::stock());
    gic.timer_event(&mut port);
    gic.deliver(&mut port);
    assert_eq!((port.injected.len(), port.acked), (1, 0));
    gic.maintenance(0, &mut port);
    gic.deliver(&mut port);
    assert_eq!((port.injected.len(), port.acked), (1, 1));
}

#[test]
fn timer_while_disabled_is_asked_for_again() {
    let (mut gic, mut port) = (enabled(&[]), Port::stock());
    gic.timer_event(&mut port);
    gic.deliver(&mut port);
    assert_eq!((port.injected.len(), port.acked), (0, 0));
    gic.store(0x100, 4, 1 << 27, &mut port);
    gic.deliver(&mut port);
    assert_eq!((port.injected.len(), port.acked), (0, 1));
    gic.timer_event(&mut port);
    gic.deliver(&mut port);
    assert_eq!(port.injected.len(), 1);
}

#[test]
fn sgi_to_self_and_pending_bytes() {
    let (mut gic, mut port) = (enabled(&[]), Port::stock());
    gic.store(0xf00, 4, 1 << 16 | 5, &mut port);
    gic.store(0xf00, 4, 1 << 24 | 6, &mut port);
    gic.store(0xf00, 4, 2 << 24 | 7, &mut port);
    assert_eq!(gic.load(0xf24, 4, &mut port), 0x0100_0100);
    gic.store(0xf17, 1, 1, &mut port);
    gic.deliver(&mut port);
    assert_eq!(port.injected, [(0, 5, 0, 0)]);
    gic.store(0xf2f, 1, 1, &mut port);
    gic.deliver(&mut port);
    assert_eq!(port.injected[1], (1, 15, 0, 0));
}

#[test]
fn fixed_bits_stay() {
    let (mut gic, mut port) = (fresh(), Port::default());
    gic.store(0x180, 4, 0xffff_ffff, &mut port);
    assert_eq!(gic.load(0x100, 4, &mut port), 0xffff);
    gic.store(0xc00, 4, 0, &mut port);
    gic.store(0xc04, 4, 0xffff_ffff, &mut port);
    assert_eq!((gic.load(0xc00, 4, &mut port), gic.load(0xc04, 4, &mut port)), (0xaaaa_aaaa, 0));
    gic.store(0x200, 4, 0xffff, &mut port);
    assert_eq!(gic.load(0x200, 4, &mut port), 0);
    gic.store(0x41b, 1, 0xff, &mut port);
    assert_eq!(gic.load(0x41b, 1, &mut port), 0xf8);
}

/// 4.1.4 leaves it open; QEMU's own does it.
#[test]
fn bytes_of_registers_that_have_none() {
    let (mut gic, mut port) = (fresh(), Port::default());
    gic.store(0x105, 1, 0x5c, &mut port);
    gic.store(0x106, 2, 0x0301, &mut port);
    gic.store(0x185, 1, 0x0c, &mut port);
    gic.store(0xc09, 1, 0xaa, &mut port);
    gic.store(0x000, 1, 3, &mut port);
    gic.store(0x001, 1, 3, &mut port);
    gic.store(0xf00, 1, 1, &mut port);
    let seen = [0x104, 0xc08, 0x000, 0xf20].map(|register| gic.load(register, 4, &mut port));
    assert_eq!(seen, [0x0301_5000, 0xaa00, 3, 0]);
}

#[test]
fn refusal_keeps_the_interrupt() {
    let (mut gic, mut port) = (enabled(&[33]), Port { refuse: true, ..Port::stock() });
    gic.set_line(33, true, &mut port);
    gic.deliver(&mut port);
    assert!(gic.has_pending(0, &mut port));
    port.refuse = false;
    gic.deliver(&mut port);
    assert_eq!(port.injected.len(), 1);
}

proptest! {
    #[test]
    fn no_access_panics(accesses in proptest::collection::vec((0u16..0x1000, 0usize..4, any::<u64>(), 0u8..4), 1..200)) {
        let (mut gic, mut port) = (fresh(), if accesses.len() % 2 == 0 { Port::stock() } else { Port::default() });
        for (offset, size, value, kind) in accesses {
            let size = [1, 2, 4, 8][size];
            match kind {
                0 => { gic.load(offset, size, &mut port); }
                1 => gic.store(offset, size, value, &mut port),
                2 => {
                    gic.set_line(value as u16, value >> 63 != 0, &mut port);
                }
                _ => gic.maintenance(value % 5, &mut port),
            }
            gic.deliver(&mut port);
        }
    }

    #[test]
    fn list_registers_never_hold_an_interrupt_twice(lines in proptest::collection::vec((16u16..160, any::<bool>(), 0u64..4), 1..300)) {
        let (mut gic, mut port) = (fresh(), Port::stock());
        gic.store(0, 4, 1, &mut port);
        for word in 0..5 { gic.store(0x100 + 4 * word, 4, u64::from(u32::MAX), &mut port); }
        let mut slots = [None; LIST_REGISTERS];
        for (intid, high, end) in lines {
            gic.set_line(intid, high, &mut port);
            gic.deliver(&mut port);
            for (index, intid, ..) in port.injected.drain(..) {
                prop_assert!(slots[usize::from(index)].is_none() && !slots.contains(&Some(intid)));
                slots[usize::from(index)] = Some(intid);
            }
            slots[end as usize] = None;
            gic.maintenance(end, &mut port);
        }
    }
}
