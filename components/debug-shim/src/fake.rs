// SPDX-License-Identifier: MIT OR Apache-2.0
//! A register file that counts.
