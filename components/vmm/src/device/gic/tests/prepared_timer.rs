// SPDX-License-Identifier: MIT OR Apache-2.0
//! The virtual timer's interrupt, left to the kernel: a guest finds what it finds without that.

use super::machine::*;
use super::*;

const TIMER: u16 = VIRTUAL_TIMER;

/// A guest and its timer.
struct Guest {
    machine: Machine,
    /// VPPIEvent came, and VCPU_AckVPPI not since.
    told: bool,
    acked: usize,
    /// VPPIEvents.
    events: usize,
    /// What it handles, the innermost last.
    handles: Vec<u32>,
}

impl Guest {
    /// Its group 0 is on; on a kernel that injects the timer's interrupt, or not.
    fn new(prepares: bool) -> Self {
        let mut machine = Machine::new(Format::V2);
        machine.port.prepares = prepares;
        Self { machine, told: false, acked: 0, events: 0, handles: Vec::new() }
    }

    /// Its timer's interrupt is enabled.
    fn enabled(prepares: bool) -> Self {
        let mut guest = Self::new(prepares);
        guest.machine.set(ENABLE, TIMER);
        guest
    }

    /// All exits and interrupts that come by themselves.
    fn settle(&mut self) {
        let Machine { gic, port } = &mut self.machine;
        for _ in 0..4 {
            port.settle(gic);
            if core::mem::replace(&mut self.acked, port.acked) != port.acked {
                self.told = false;
            }
            if port.timer && !self.told && !port.guest().forward_timer() {
                self.told = true;
                self.events += 1;
                gic.timer_event(port);
                gic.deliver(port);
            }
        }
    }

    fn line(&mut self, up: bool) {
        self.machine.port.timer = up;
        self.settle();
    }

    fn take(&mut self) -> u32 {
        let taken = self.machine.take();
        if taken != NOTHING {
            self.handles.push(taken);
        }
        taken
    }

    fn end(&mut self) {
        if let Some(taken) = self.handles.pop() {
            self.machine.end(taken);
        }
        self.settle();
    }

    fn is_prepared(&self) -> bool {
        self.machine.gic.is_prepared(0)
    }
}

#[test]
fn a_tick_is_no_exit() {
    let mut guest = Guest::enabled(true);
    assert!(guest.is_prepared());
    for _ in 0..5 {
        guest.line(true);
        assert_eq!(guest.take(), u32::from(TIMER));
        assert!(guest.machine.is(ACTIVATE, TIMER));
        guest.line(false);
        guest.end();
        assert_eq!(guest.take(), NOTHING);
    }
    assert_eq!((guest.events, guest.machine.port.injected.len(), guest.machine.port.writes), (0, 0, 0));
    let mut guest = Guest::enabled(false);
    guest.line(true);
    assert_eq!((guest.events, guest.is_prepared()), (1, false));
}

#[test]
fn what_the_guest_does_to_it_is_the_vmms() {
    for (register, back) in [(PEND, UNPEND), (ACTIVATE, DEACTIVATE), (DISABLE, ENABLE)] {
        let mut guest = Guest::enabled(true);
        guest.machine.set(register, TIMER);
        assert!(!guest.is_prepared(), "{register:#x}");
        guest.machine.set(back, TIMER);
        assert!(guest.is_prepared(), "{back:#x}");
        guest.line(true);
        assert_eq!((guest.events, guest.take()), (0, u32::from(TIMER)));
    }
    let mut guest = Guest::enabled(true);
    guest.machine.store(0, 0);
    assert!(!guest.is_prepared());
    guest.machine.store(0, 1);
    assert!(guest.is_prepared());
}

#[test]
fn one_that_is_handled_keeps_its_end() {
    let mut guest = Guest::enabled(true);
    guest.line(true);
    assert_eq!(guest.take(), u32::from(TIMER));
    // To the VMM, and not back before its end.
    guest.machine.set(DISABLE, TIMER);
    guest.settle();
    assert!(!guest.is_prepared() && guest.machine.is(ACTIVATE, TIMER));
    guest.machine.set(ENABLE, TIMER);
    assert!(!guest.is_prepared());
    guest.machine.store_byte(PRIORITY + TIMER, 0x20);
    assert!(!guest.is_prepared() && guest.machine.is(ACTIVATE, TIMER));
    assert_eq!(guest.take(), NOTHING);
    guest.end();
    assert!(guest.is_prepared());
    assert_eq!(guest.take(), u32::from(TIMER));
    // A priority changes under it.
    guest.machine.store_byte(PRIORITY + TIMER, 0x40);
    assert!(guest.is_prepared() && guest.machine.is(ACTIVATE, TIMER));
    guest.line(false);
    guest.end();
    assert!(!guest.machine.is(ACTIVATE, TIMER));
}

#[test]
fn it_waits_for_its_list_register() {
    let mut guest = Guest::new(true);
    guest.machine.store(SGI, TO_SELF | 3);
    guest.machine.set(ENABLE, TIMER);
    assert!(!guest.is_prepared());
    guest.line(true);
    assert_eq!(guest.events, 1);
    while guest.take() != NOTHING {
        guest.line(false);
        guest.end();
    }
    assert!(guest.is_prepared());
    // Others use the rest.
    (0..4).for_each(|sgi| guest.machine.store(SGI, TO_SELF | sgi));
    guest.line(true);
    let mut all: Vec<_> = core::iter::from_fn(|| {
        let taken = guest.take();
        guest.machine.port.timer = false;
        guest.end();
        (taken != NOTHING).then_some(taken)
    })
    .collect();
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2, 3, 27]);
}

#[test]
fn more_urgent_ones_come_first_however_many_they_are() {
    for (many, is_prepared) in [(3, true), (4, false)] {
        let mut guest = Guest::enabled(true);
        guest.machine.store_byte(PRIORITY + TIMER, 0x40);
        guest.line(true);
        (1..=many).for_each(|sgi| guest.machine.store(SGI, TO_SELF | sgi));
        assert_eq!(guest.is_prepared(), is_prepared);
        for expected in (1..=many as u32).chain([TIMER.into()]) {
            assert_eq!(guest.take(), expected, "of {many}");
            guest.machine.port.timer &= expected != u32::from(TIMER);
            guest.end();
        }
        assert!(guest.is_prepared(), "again");
    }
}

#[test]
fn a_reset_takes_it_back() {
    let mut guest = Guest::enabled(true);
    let Machine { gic, port } = &mut guest.machine;
    gic.reset(port);
    assert!(!gic.is_prepared(0) && !port.guest().forward_timer());
}

#[test]
fn a_vcpu_that_runs_is_asked_again_later() {
    let mut guest = Guest::new(true);
    guest.machine.port.refuse = true;
    guest.machine.set(ENABLE, TIMER);
    assert!(!guest.is_prepared());
    guest.machine.port.refuse = false;
    guest.machine.store(SGI, TO_SELF | 1);
    assert!(guest.is_prepared());
}

/// A step of both guests.
#[derive(Clone, Debug)]
enum Deed {
    Store(u16, u64),
    Priority(u16, u8),
    Control(u64),
    Interface(u32),
    Sgi(u64),
    Sgis,
    Line(bool),
    Take,
    End,
}

fn deed() -> impl Strategy<Value = Deed> {
    const REGISTERS: &[u16] = &[GROUPS, ENABLE, ENABLE, DISABLE, PEND, UNPEND, ACTIVATE, DEACTIVATE];
    const BITS: &[u64] = &[1 << TIMER, 1 << TIMER, 1 << TIMER | 1 << 3, 1 << 3];
    let (register, bits) = (proptest::sample::select(REGISTERS), proptest::sample::select(BITS));
    prop_oneof![
        6 => (register, bits).prop_map(|(register, bits)| Deed::Store(register, bits)),
        1 => (prop_oneof![Just(TIMER), 0u16..5], any::<u8>()).prop_map(|(intid, value)| Deed::Priority(intid, value & 0x78)),
        1 => (0u64..4).prop_map(Deed::Control),
        1 => (0u32..4).prop_map(|groups| Deed::Interface(groups | 4)),
        3 => (0u64..5).prop_map(Deed::Sgi),
        1 => Just(Deed::Sgis),
        5 => any::<bool>().prop_map(Deed::Line),
        6 => Just(Deed::Take),
        5 => Just(Deed::End),
    ]
}

impl Guest {
    /// What it finds.
    fn does(&mut self, deed: &Deed) -> u32 {
        let mut found = 0;
        match *deed {
            Deed::Store(register, bits) => self.machine.store(register, bits),
            Deed::Priority(intid, value) => self.machine.store_byte(PRIORITY + intid, value.into()),
            Deed::Control(value) => self.machine.store(0, value),
            Deed::Interface(groups) => self.machine.port.guest().control = groups,
            Deed::Sgi(sgi) => self.machine.store(SGI, TO_SELF | sgi),
            Deed::Sgis => (0..5).for_each(|sgi| self.machine.store(SGI, TO_SELF | sgi)),
            Deed::Line(up) => self.line(up),
            Deed::Take => found = self.take(),
            Deed::End => self.end(),
        }
        self.settle();
        found
    }

    fn sees(&mut self) -> ([u64; 4], bool) {
        let words = [GROUPS, ENABLE, PEND, ACTIVATE].map(|register| self.machine.load(register));
        (words, self.machine.port.guest().signals())
    }
}

proptest! {
    #[test]
    fn a_guest_finds_the_same_with_and_without(deeds in proptest::collection::vec(deed(), 1..60)) {
        let (mut own, mut left) = (Guest::enabled(false), Guest::enabled(true));
        for deed in &deeds {
            // A level that falls before it is taken is noticed by either at some exit, not at the same one.
            let waits = own.machine.port.timer && own.machine.port.guest().lists_pending(TIMER);
            if waits && matches!(deed, Deed::Line(false)) {
                continue;
            }
            prop_assert_eq!(own.does(deed), left.does(deed), "{:?}", deed);
            prop_assert_eq!(own.sees(), left.sees(), "after {:?}", deed);
        }
    }
}
