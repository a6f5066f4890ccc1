// SPDX-License-Identifier: MIT OR Apache-2.0
//! Guest images: Debian kernels, initramfs, bare-metal payloads.
