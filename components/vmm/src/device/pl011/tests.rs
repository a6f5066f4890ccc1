// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use crate::state::{Journal, Sections as _};
use proptest::prelude::*;
use std::boxed::Box;
use std::vec::Vec;

#[derive(Default)]
struct Wire(Vec<u8>, bool);
impl Output for Wire {
    fn has_room(&self) -> bool {
        !self.1
    }
    fn put(&mut self, byte: u8) {
        self.0.push(byte);
    }
}

/// On memory of its own, for as long as the test runs.
fn fresh() -> Pl011<'static> {
    let (memory, journal) = Box::leak(Box::new((Stored::new(), Journal::new())));
    Pl011::new(memory, journal)
}

fn on() -> (Pl011<'static>, Wire) {
    let (mut uart, mut wire) = (fresh(), Wire::default());
    uart.store(LCR_H, 4, 0x70, &mut wire);
    uart.store(CR, 4, 0x301, &mut wire);
    (uart, wire)
}

#[test]
fn transmits_at_any_size_and_raises_the_interrupt() {
    let (mut uart, mut wire) = on();
    uart.store(DR, 1, 0xff41, &mut wire);
    uart.store(DR, 2, 0x42, &mut wire);
    uart.store(DR, 4, 0x43, &mut wire);
    assert_eq!(wire.0, b"ABC");
    assert!(!uart.line());
    uart.store(IMSC, 2, u64::from(INT_TX), &mut wire);
    assert!(uart.line());
    assert_eq!(uart.load(MIS, 4, &wire), u64::from(INT_TX));
    uart.store(ICR, 4, u64::from(INT_TX), &mut wire);
    assert!(!uart.line());
}

#[test]
fn a_full_ring_shows_as_a_full_fifo() {
    let (mut uart, mut wire) = on();
    assert_eq!(uart.load(FR, 4, &wire), u64::from(FR_TXFE | FR_RXFE));
    wire.1 = true;
    assert_eq!(uart.load(FR, 4, &wire), u64::from(FR_TXFF | FR_RXFE));
}

#[test]
fn receives_in_order_and_follows_the_level() {
    let (mut uart, mut wire) = on();
    uart.store(IMSC, 4, u64::from(INT_RX | INT_RT), &mut wire);
    for byte in 0..40 {
        uart.receive(byte);
    }
    assert!(!uart.can_receive() && uart.line());
    assert_eq!(uart.load(FR, 4, &wire) as u32 & FR_RXFF, FR_RXFF);
    assert_eq!(uart.load(RIS, 4, &wire) as u32, INT_RX | INT_RT);
    uart.store(ICR, 4, 0x7ff, &mut wire);
    for byte in 0..32 {
        assert!(uart.line());
        assert_eq!(uart.load(DR, 4, &wire), byte);
    }
    assert!(!uart.line());
}

#[test]
fn takes_nothing_while_disabled() {
    for control in [CR_TXE | CR_RXE, CR_UARTEN | CR_TXE, 0] {
        let (mut uart, mut wire) = (fresh(), Wire::default());
        uart.store(CR, 4, control.into(), &mut wire);
        uart.receive(1);
        assert!(!uart.can_receive());
        assert_eq!(uart.registers.level(), 0);
    }
}

/// A guest that is loaded without firmware may receive as it may send.
#[test]
fn starts_as_firmware_leaves_it() {
    let (mut uart, wire) = (fresh(), Wire::default());
    assert_eq!(uart.load(CR, 4, &wire), u64::from(CR_UARTEN | CR_TXE | CR_RXE));
    uart.receive(b'x');
    assert_eq!((uart.load(FR, 4, &wire), uart.load(DR, 4, &wire)), (u64::from(FR_TXFE | FR_RXFF), b'x'.into()));
}

#[test]
fn loopback_receives_what_is_sent() {
    let (mut uart, mut wire) = on();
    uart.store(IMSC, 4, u64::from(INT_OVERRUN), &mut wire);
    uart.store(CR, 4, u64::from(CR_UARTEN | CR_TXE | CR_RXE | CR_LBE), &mut wire);
    (0..32).for_each(|byte| uart.store(DR, 4, byte, &mut wire));
    assert!(wire.0.is_empty() && !uart.line());
    uart.store(DR, 4, 0x99, &mut wire);
    assert!(uart.line(), "overrun");
    assert_eq!(uart.load(RSR, 4, &wire), u64::from(RSR_OVERRUN));
    uart.store(RSR, 4, 0, &mut wire);
    uart.store(ICR, 4, INT_OVERRUN.into(), &mut wire);
    assert_eq!((uart.load(RSR, 4, &wire), uart.line()), (0, false));
    (0..32).for_each(|byte| assert_eq!(uart.load(DR, 4, &wire), byte));
    assert_eq!(uart.load(FR, 4, &wire), u64::from(FR_TXFE | FR_RXFE));
    uart.store(CR, 4, u64::from(CR_UARTEN | CR_TXE | CR_RXE), &mut wire);
    uart.store(DR, 4, b'a'.into(), &mut wire);
    assert_eq!(wire.0, b"a");
}

/// Each of the four outputs comes back as its input, and says so.
#[test]
fn loopback_of_the_modem_s_lines() {
    let pairs = [(12, 8, 0), (11, 0, 1), (13, 2, 2), (10, 1, 3)];
    for (output, input, interrupt) in pairs {
        let (mut uart, mut wire) = on();
        uart.store(CR, 4, 0x301 | 1 << output, &mut wire);
        assert_eq!((uart.load(FR, 4, &wire), uart.load(RIS, 4, &wire)), (u64::from(FR_TXFE | FR_RXFE), 0));
        uart.store(CR, 4, 0x381 | 1 << output, &mut wire);
        assert_eq!(uart.load(FR, 4, &wire), u64::from(FR_TXFE | FR_RXFE) | 1 << input);
        assert_eq!(uart.load(RIS, 4, &wire), 1 << interrupt);
        uart.store(ICR, 4, 0x7ff, &mut wire);
        uart.store(CR, 4, 0x381, &mut wire);
        assert_eq!((uart.load(FR, 4, &wire), uart.load(RIS, 4, &wire)), (u64::from(FR_TXFE | FR_RXFE), 1 << interrupt));
    }
}

#[test]
fn identifies_as_a_pl011() {
    let (mut uart, wire) = on();
    let id: Vec<u64> = (0..8).map(|n| uart.load(0xfe0 + 4 * n, 4, &wire)).collect();
    assert_eq!(id, [0x11, 0x10, 0x34, 0, 0x0d, 0xf0, 0x05, 0xb1]);
}

proptest! {
    #[test]
    fn no_access_panics(accesses in proptest::collection::vec((0u16..0x1000, 0usize..4, any::<u64>(), 0u8..3), 1..200)) {
        let (mut uart, mut wire) = on();
        for (offset, size, value, kind) in accesses {
            let size = [1, 2, 4, 8][size];
            match kind {
                0 => { uart.load(offset, size, &wire); }
                1 => uart.store(offset, size, value, &mut wire),
                _ => uart.receive(value as u8),
            }
            uart.line();
        }
    }
}
