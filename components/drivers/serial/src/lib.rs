// SPDX-License-Identifier: MIT OR Apache-2.0
//! One UART for many: a protection domain that owns the PL011 and carries its clients' consoles.
//!
//! Client n is channel n. It shares two pages with this PD, each a [`ring::Ring`]: `tx` (client to UART) and `rx`
//! (UART to client), at the addresses in `client_tx_vaddr_<n>` and `client_rx_vaddr_<n>` (0 = no such client). A
//! client writes its name into its `tx` ring at the start, fills the ring and notifies, unless the ring says that the driver
//! looks by itself; it is notified when there is input. The registers are at `uart_vaddr`; the interrupt may have any channel id that no client has.
//!
//! [`mux::Mux`] prefixes the lines of more than one client with `name| ` and sends input to the selected client;
//! Ctrl-] and a digit select another. [`filter`] says what of a client's bytes reaches a shared line. The names are in
//! `client_names`, if the build tool knows it.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod filter;
pub mod mux;
pub mod ring;

/// The most clients that a driver has.
pub const MAX_CLIENTS: usize = 16;

/// What the description calls each client, padded with zeros.
pub type Names = [[u8; ring::NAME_LENGTH]; MAX_CLIENTS];
