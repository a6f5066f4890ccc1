// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was put in a list register and was not taken is still the VMM's. Each test is what a guest does, and what it
//! finds as IHI 0048B says.

use super::machine::*;
use super::*;

fn both(test: impl Fn(Machine)) {
    [Format::V2, Format::V3].into_iter().for_each(|format| test(Machine::new(format)));
}

/// 4.3.7 and 4.3.9: in its handler an interrupt is active and not pending.
#[test]
fn active_in_the_handler() {
    both(|mut machine| {
        machine.store(CONFIGURE + 8, 2 << 18);
        machine.set(ENABLE, 41);
        for (set, intid) in [(PEND, 41), (SGI, 5)] {
            if set == SGI {
                machine.store(SGI, TO_SELF | 5)
            } else {
                machine.set(set, intid)
            }
            assert!(machine.is(PEND, intid) && machine.is(UNPEND, intid) && !machine.is(ACTIVATE, intid));
            assert_eq!(machine.take(), intid.into());
            assert!(!machine.is(PEND, intid) && machine.is(ACTIVATE, intid) && machine.is(DEACTIVATE, intid));
            machine.end(intid.into());
            assert!(!machine.is(PEND, intid) && !machine.is(ACTIVATE, intid));
        }
    });
}

/// What the guest ends is what it acknowledged, however much is active by hand and more urgent.
#[test]
fn ends_beside_many_that_are_active_by_hand() {
    both(|mut machine| {
        machine.set(ENABLE, 40);
        (33..38).for_each(|intid| machine.set(ACTIVATE, intid));
        machine.set(PEND, 40);
        assert_eq!(machine.take(), 40);
        machine.set(PEND, 40);
        machine.end(40);
        assert_eq!(machine.load(ACTIVATE + 4), 0x3e);
        assert_eq!(machine.take(), 40);
        machine.end(40);
        machine.set(DEACTIVATE, 33);
        assert_eq!(machine.load(ACTIVATE + 4), 0x3c);
    });
}

/// The end of an interrupt that its own handler has made inactive by the distributor ends no other one; nor does one that
/// never comes, because the guest has cleared its active priorities instead, count for a later one.
#[test]
fn made_inactive_in_its_own_handler() {
    both(|mut machine| {
        machine.set(ENABLE, 40);
        (33..38).for_each(|intid| machine.set(ACTIVATE, intid));
        for ends in [true, false] {
            machine.set(PEND, 40);
            assert_eq!(machine.take(), 40);
            machine.set(DEACTIVATE, 40);
            if ends {
                machine.end(40);
            } else {
                machine.port.guest().active_priorities = 0;
            }
            assert_eq!(machine.load(ACTIVATE + 4), 0x3e);
        }
        machine.set(PEND, 40);
        assert_eq!(machine.take(), 40);
        machine.set(PEND, 40);
        machine.end(40);
        assert_eq!(machine.load(ACTIVATE + 4), 0x3e);
        assert_eq!(machine.take(), 40);
    });
}

/// Active by hand, an interrupt is held back; the guest may end it by hand as well, or like any other.
#[test]
fn active_by_hand() {
    both(|mut machine| {
        machine.set(ENABLE, 42);
        machine.set(ACTIVATE, 42);
        assert!(machine.is(ACTIVATE, 42));
        machine.set(PEND, 42);
        assert_eq!(machine.take(), NOTHING);
        assert!(machine.is(PEND, 42));
        machine.set(DEACTIVATE, 42);
        assert!(!machine.is(ACTIVATE, 42));
        assert_eq!(machine.drain(), [42]);
        machine.set(ACTIVATE, 42);
        machine.set(PEND, 42);
        machine.port.guest().deactivate(42);
        machine.port.settle(&mut machine.gic);
        assert!(!machine.is(ACTIVATE, 42));
        assert_eq!(machine.drain(), [42]);
    });
}

/// Of one that is pending in a list register, active by hand makes active and pending; it comes once that has ended.
#[test]
fn active_by_hand_while_it_is_pending() {
    both(|mut machine| {
        machine.set(ENABLE, 42);
        machine.set(PEND, 42);
        machine.set(ACTIVATE, 42);
        assert_eq!(machine.take(), NOTHING);
        assert!(machine.is(PEND, 42) && machine.is(ACTIVATE, 42));
        machine.set(DEACTIVATE, 42);
        assert_eq!(machine.drain(), [42]);
    });
}

/// What takes a pending interrupt back, and whether it comes again when that is undone.
#[test]
fn taken_back_before_it_was_taken() {
    both(|mut machine| {
        machine.set(ENABLE, 43);
        let cases = [
            ((UNPEND + 4, 1 << 11), (0, 1), false),
            ((DISABLE + 4, 1 << 11), (ENABLE + 4, 1 << 11), true),
            ((0, 0), (0, 1), true),
            ((0, 2), (0, 3), true),
            ((GROUPS + 4, 1 << 11), (GROUPS + 4, 0), true),
        ];
        for (back, undo, again) in cases {
            machine.set(PEND, 43);
            machine.store(back.0, back.1);
            assert_eq!((machine.port.guest().highest_pending(), machine.take()), (NOTHING, NOTHING), "{back:x?}");
            assert_eq!(machine.is(PEND, 43), again);
            machine.store(undo.0, undo.1);
            assert_eq!(machine.drain(), if again { &[43][..] } else { &[] }, "{back:x?}");
            machine.store(0, 1);
        }
    });
}

#[test]
fn an_sgi_s_pending_byte() {
    both(|mut machine| {
        machine.store_byte(SGI_PEND + 6, 1);
        assert_eq!(machine.load(SGI_PEND + 4), 1 << 16);
        machine.store_byte(SGI_UNPEND + 6, 1);
        assert_eq!((machine.load(SGI_PEND + 4), machine.take()), (0, NOTHING));
        machine.store_byte(SGI_PEND + 6, 1);
        assert_eq!(machine.take(), 6);
        assert_eq!(machine.load(SGI_PEND + 4), 0, "it was taken");
        // Once more in its handler.
        machine.store(SGI, TO_SELF | 6);
        assert!(machine.is(PEND, 6) && machine.is(ACTIVATE, 6));
        machine.end(6);
        assert_eq!(machine.drain(), [6]);
    });
}

/// A level that falls before it was taken is gone; what software made pending is not.
#[test]
fn a_level_that_falls() {
    both(|mut machine| {
        machine.set(ENABLE, 33);
        machine.line(33, true);
        machine.line(33, false);
        assert_eq!(machine.drain(), []);
        machine.set(PEND, 33);
        machine.line(33, true);
        machine.set(UNPEND, 33);
        assert!(machine.is(PEND, 33), "by its level");
        machine.line(33, false);
        assert_eq!(machine.drain(), []);
        machine.line(33, true);
        machine.set(PEND, 33);
        machine.line(33, false);
        assert_eq!(machine.drain(), [33]);
        // In its handler it only decides whether it comes again.
        machine.line(33, true);
        assert_eq!(machine.take(), 33);
        assert!(machine.is(PEND, 33) && machine.is(ACTIVATE, 33));
        machine.line(33, false);
        assert!(!machine.is(PEND, 33) && machine.is(ACTIVATE, 33));
        machine.end(33);
        assert_eq!(machine.drain(), []);
    });
}

/// Two edges before the first was taken are one.
#[test]
fn edges_merge_until_they_are_taken() {
    both(|mut machine| {
        machine.store(CONFIGURE + 8, 2 << 16);
        machine.set(ENABLE, 40);
        for again in [false, true] {
            machine.line(40, true);
            machine.line(40, false);
            let taken = if again { machine.take() } else { NOTHING };
            machine.line(40, true);
            machine.line(40, false);
            if again {
                machine.end(taken);
            }
            assert_eq!(machine.drain(), [40], "again {again}");
        }
        machine.store(SGI, TO_SELF | 3);
        machine.store(SGI, TO_SELF | 3);
        assert_eq!(machine.drain(), [3]);
    });
}

/// Priorities decide, not arrival, however many there are.
#[test]
fn more_pending_than_list_registers() {
    both(|mut machine| {
        for n in 8..16 {
            machine.store_byte(PRIORITY + n, u64::from(0x80 + 8 * (n - 8)));
            machine.store(SGI, TO_SELF | u64::from(n));
        }
        machine.store_byte(PRIORITY + 1, 0x10);
        machine.store(SGI, TO_SELF | 1);
        assert_eq!(machine.port.guest().highest_pending(), 1);
        assert_eq!(machine.load(PEND), 0xff02);
        assert_eq!(machine.drain(), [1, 8, 9, 10, 11, 12, 13, 14, 15]);
    });
}

#[test]
fn a_priority_that_changes_while_it_is_pending() {
    both(|mut machine| {
        for n in 2..10 {
            machine.store_byte(PRIORITY + n, 0x80);
            machine.store(SGI, TO_SELF | u64::from(n));
        }
        machine.store_byte(PRIORITY + 3, 0x90);
        machine.store_byte(PRIORITY + 9, 0x20);
        assert_eq!(machine.drain(), [9, 2, 4, 5, 6, 7, 8, 3]);
    });
}

/// Eight handlers inside one another, each more urgent than the one before, and all end.
#[test]
fn nested_beyond_the_list_registers() {
    both(|mut machine| {
        for n in 0..8 {
            machine.store_byte(PRIORITY + n, u64::from(0xe0 - 0x10 * n));
            machine.store(SGI, TO_SELF | u64::from(n));
            assert_eq!(machine.take(), n.into());
            machine.port.settle(&mut machine.gic);
            assert_eq!(machine.load(ACTIVATE), (2 << n) - 1);
        }
        for n in (0..8).rev() {
            machine.end(n);
            assert_eq!(machine.load(ACTIVATE), (1 << n) - 1);
        }
        machine.store(SGI, TO_SELF | 4);
        assert_eq!(machine.drain(), [4]);
    });
}

/// A guest that parts the end of an interrupt from its deactivation can have any number of them active.
#[test]
fn deactivated_apart() {
    both(|mut machine| {
        machine.port.guest().control = 1 | 1 << 9;
        for n in 0..8 {
            machine.store(SGI, TO_SELF | n);
        }
        for n in 0..8 {
            assert_eq!(machine.take(), n);
            machine.end(n);
        }
        assert_eq!((machine.take(), machine.load(ACTIVATE)), (NOTHING, 0xff));
        for n in 0..8 {
            machine.port.guest().deactivate(n);
            machine.port.settle(&mut machine.gic);
        }
        assert_eq!(machine.load(ACTIVATE), 0);
    });
}

/// The timer's level may fall without an exit; then whoever looks finds it so.
#[test]
fn a_timer_that_is_set_anew() {
    both(|mut machine| {
        machine.store(ENABLE, 1 << 27 | 1 << 30);
        machine.port.timer = true;
        machine.gic.timer_event(&mut machine.port);
        machine.gic.deliver(&mut machine.port);
        assert!(machine.is(PEND, 27) && machine.gic.has_pending(0, &mut machine.port));
        machine.port.timer = false;
        assert!(!machine.is(PEND, 27) && !machine.gic.has_pending(0, &mut machine.port));
        assert_eq!((machine.take(), machine.port.acked), (NOTHING, 1));
        machine.port.timer = true;
        machine.gic.timer_event(&mut machine.port);
        machine.gic.deliver(&mut machine.port);
        machine.set(DISABLE, 27);
        assert_eq!((machine.take(), machine.port.acked), (NOTHING, 1));
        machine.set(ENABLE, 27);
        assert_eq!((machine.take(), machine.port.acked), (NOTHING, 2), "the kernel is asked again");
        machine.gic.timer_event(&mut machine.port);
        machine.gic.deliver(&mut machine.port);
        assert_eq!((machine.drain(), machine.port.acked), (std::vec![27], 3));
    });
}

/// Only an interrupt that is signalled ends a WFI.
#[test]
fn a_wait_with_a_masked_interrupt() {
    both(|mut machine| {
        machine.store_byte(PRIORITY + 9, 0xc0);
        machine.port.guest().mask = 0xb0;
        machine.store(SGI, TO_SELF | 9);
        assert!(!machine.gic.has_pending(0, &mut machine.port));
        machine.port.guest().mask = 0xf8;
        assert!(machine.gic.has_pending(0, &mut machine.port));
        assert_eq!(machine.take(), 9);
        machine.store(SGI, TO_SELF | 9);
        machine.store_byte(PRIORITY + 10, 0xc0);
        machine.store(SGI, TO_SELF | 10);
        assert!(!machine.gic.has_pending(0, &mut machine.port), "no more urgent than what is handled");
        machine.store_byte(PRIORITY + 10, 0xa0);
        assert!(machine.gic.has_pending(0, &mut machine.port));
        machine.port.guest().control = 0;
        assert!(!machine.gic.has_pending(0, &mut machine.port), "the interface is off");
    });
}

/// With one CPU interface there is nothing to choose (4.3.12).
#[test]
fn targets_of_one_cpu() {
    both(|mut machine| {
        for value in [0, 0xfe, 0xff] {
            machine.store_byte(0x800 + 40, value);
            assert_eq!((machine.load(0x800), machine.load(0x800 + 40)), (0, 0));
            machine.set(ENABLE, 40);
            machine.set(PEND, 40);
            assert_eq!(machine.drain(), [40]);
        }
        assert_eq!(machine.load(4) >> 5 & 7, 0);
    });
}

/// A maintenance fault that was on its way while an event rewrote the list registers does not name what it meant.
#[test]
fn an_end_that_is_told_late() {
    both(|mut machine| {
        (0..4).for_each(|n| machine.store(SGI, TO_SELF | n));
        let taken = machine.take();
        machine.port.guest().end(taken);
        let index = machine.port.guest().maintenance().expect("its end is told");
        machine.set(ENABLE, 33);
        machine.store_byte(PRIORITY + 33, 0);
        for n in 0..4 {
            machine.store_byte(PRIORITY + n, 0x80);
        }
        machine.line(33, true);
        machine.gic.end_event();
        machine.gic.maintenance(index, &mut machine.port);
        machine.gic.deliver(&mut machine.port);
        machine.gic.set_line(33, true, &mut machine.port);
        assert_eq!(machine.take(), 33);
        machine.line(33, false);
        machine.end(33);
        assert_eq!(machine.drain(), [1, 2, 3]);
    });
}

/// The exits that guests make all the time do not look at list registers.
#[test]
fn common_exits_leave_list_registers_alone() {
    both(|mut machine| {
        machine.store(ENABLE, 1 << 27);
        machine.set(ENABLE, 33);
        for _ in 0..3 {
            machine.gic.timer_event(&mut machine.port);
            machine.gic.deliver(&mut machine.port);
            assert_eq!(machine.drain(), [27]);
            machine.store(SGI, TO_SELF | 1);
            machine.line(33, true);
            assert_eq!((machine.take(), machine.load(4)), (1, 4));
            machine.end(1);
            assert!(!machine.gic.waits_for_timer(0) || machine.port.acked > 0);
            machine.take();
            machine.end(33);
            assert_eq!((machine.port.reads, machine.port.writes), (0, 0));
            machine.line(33, false);
            machine.drain();
            (machine.port.reads, machine.port.writes) = (0, 0);
        }
    });
}
