// SPDX-License-Identifier: MIT OR Apache-2.0
//! The memory that the manifest maps into this protection domain.
#![allow(unsafe_code)]

use arm_pl011_uart::UniqueMmioPointer;
use debug_line::{MAX_CLIENTS, line::Client};
use sel4_microkit::{memory_region_symbol, var};
use serial::ring::Ring;

use super::uart::Registers;

/// The registers.
pub fn uart() -> UniqueMmioPointer<'static, Registers> {
    // SAFETY: the build set the variable to the device's page, which is mapped for ever; this is called once.
    unsafe { UniqueMmioPointer::new(memory_region_symbol!(uart_vaddr: *mut Registers)) }
}

/// The rings of the clients that there are.
pub fn clients() -> [Option<Client>; MAX_CLIENTS] {
    macro_rules! client {
        ($tx:ident, $rx:ident) => {
            ring(*var!($tx: usize = 0)).zip(ring(*var!($rx: usize = 0))).map(|(tx, rx)| Client { tx, rx })
        };
    }
    [
        client!(client_tx_vaddr_0, client_rx_vaddr_0),
        client!(client_tx_vaddr_1, client_rx_vaddr_1),
        client!(client_tx_vaddr_2, client_rx_vaddr_2),
        client!(client_tx_vaddr_3, client_rx_vaddr_3),
        client!(client_tx_vaddr_4, client_rx_vaddr_4),
        client!(client_tx_vaddr_5, client_rx_vaddr_5),
        client!(client_tx_vaddr_6, client_rx_vaddr_6),
        client!(client_tx_vaddr_7, client_rx_vaddr_7),
        client!(client_tx_vaddr_8, client_rx_vaddr_8),
        client!(client_tx_vaddr_9, client_rx_vaddr_9),
        client!(client_tx_vaddr_10, client_rx_vaddr_10),
        client!(client_tx_vaddr_11, client_rx_vaddr_11),
        client!(client_tx_vaddr_12, client_rx_vaddr_12),
        client!(client_tx_vaddr_13, client_rx_vaddr_13),
        client!(client_tx_vaddr_14, client_rx_vaddr_14),
        client!(client_tx_vaddr_15, client_rx_vaddr_15),
    ]
}

fn ring(vaddr: usize) -> Option<&'static Ring> {
    // SAFETY: the build set the variable to a page that is mapped for ever, read-write; a ring is all atomics and
    // smaller than a page. Zero, "not mapped", becomes None.
    unsafe { core::ptr::with_exposed_provenance::<Ring>(vaddr).as_ref() }
}
