// SPDX-License-Identifier: MIT OR Apache-2.0
//! The boot image: kernel, root task, system spec.
