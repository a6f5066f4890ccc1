// SPDX-License-Identifier: MIT OR Apache-2.0
//! To be written.
#![no_std]
