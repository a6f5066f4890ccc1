// SPDX-License-Identifier: MIT OR Apache-2.0
//! Addresses and numbers of the board that the kernel is built for, from its file in `kernel-config`.

include!(concat!(env!("OUT_DIR"), "/board.rs"));
