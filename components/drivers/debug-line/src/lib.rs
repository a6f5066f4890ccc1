// SPDX-License-Identifier: MIT OR Apache-2.0
//! A byte channel for each VM, between its VMM and the host, over a UART of its own: what a debugger outside talks through.
//!
//! Client n is channel n. It shares two pages with this PD, each a [`serial::ring::Ring`], as with the console's driver:
//! `tx` (client to host) and `rx` (host to client), at the addresses in `client_tx_vaddr_<n>` and `client_rx_vaddr_<n>` (0 =
//! no such client). Nothing in the bytes has a meaning here. On the wire they travel in frames ([`frame`]) that say whose they
//! are, both ways; [`line`] is what happens between the wire and the rings. The registers are at `uart_vaddr`; the
//! interrupt may have any channel id that no client has.
//!
//! The tool on the host links this for [`frame`].
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod frame;
pub mod line;

pub use serial::MAX_CLIENTS;
