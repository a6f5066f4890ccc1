// SPDX-License-Identifier: MIT OR Apache-2.0
//! What holds between any two system calls.
