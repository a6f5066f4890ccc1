// SPDX-License-Identifier: MIT OR Apache-2.0
//! K2's.
