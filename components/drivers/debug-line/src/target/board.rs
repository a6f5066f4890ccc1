// SPDX-License-Identifier: MIT OR Apache-2.0
//! The second UART of the board that the driver is built for, from the board's file in `kernel-config`.
#![allow(dead_code, reason = "the driver gets the registers' address from the manifest")]

include!(concat!(env!("OUT_DIR"), "/board.rs"));
