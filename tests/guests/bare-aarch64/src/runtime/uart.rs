// SPDX-License-Identifier: MIT OR Apache-2.0
//! The PL011's registers beyond those that text needs.

use super::platform;

const DR: usize = 0x00;
const RSR: usize = 0x04;
const FR: usize = 0x18;
const CR: usize = 0x30;
const ID: usize = 0xfe0;
/// CR: loopback. FR: nothing was received.
const LOOPBACK: u32 = 1 << 7;
const EMPTY: u32 = 1 << 4;

fn register(offset: usize) -> *mut u32 {
    (platform::uart() + offset) as *mut u32
}

fn read(offset: usize) -> u32 {
    // SAFETY: a register of the UART, at the address of the machine that this guest is for.
    unsafe { register(offset).read_volatile() }
}

fn write(offset: usize, value: u32) {
    // SAFETY: as in `read`.
    unsafe { register(offset).write_volatile(value) }
}

/// The eight identification bytes, the first one lowest.
pub fn identification() -> u64 {
    (0..8).fold(0, |all, n| all | u64::from(read(ID + 4 * n) & 0xff) << (8 * n))
}

/// Sends a byte to itself: CR as it was found, what came back (all ones: nothing), and RSR.
pub fn loopback(byte: u8) -> (u32, u32, u32) {
    let control = read(CR);
    write(CR, control | LOOPBACK);
    write(DR, byte.into());
    let received = if read(FR) & EMPTY == 0 { read(DR) & 0xff } else { u32::MAX };
    let errors = read(RSR);
    write(CR, control);
    (control, received, errors)
}
