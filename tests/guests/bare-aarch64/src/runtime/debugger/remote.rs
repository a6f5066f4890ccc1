// SPDX-License-Identifier: MIT OR Apache-2.0
//! For a program: gdb's remote protocol, as far as a debugger needs it that reads registers, sets a breakpoint, steps and
//! goes on. `$3#33` gives the console back to a person.

use core::sync::atomic::Ordering::Relaxed;

use super::stop::Stop;
use super::{BREAKPOINT, IS_REMOTE, NOWHERE, Resume, local};
use crate::runtime::console::{self, print};
use crate::runtime::exception::Frame;

/// The longest packet that is understood.
const LONGEST: usize = 64;

/// Says that the guest has stopped, and serves.
pub(super) fn stopped(frame: &mut Frame) -> Resume {
    send(&[b"S05"]);
    serve(frame)
}

/// Answers packets until the guest goes on.
pub(super) fn serve(frame: &mut Frame) -> Resume {
    let mut packet = [0; LONGEST];
    loop {
        match receive(&mut packet) {
            b"?" => send(&[b"S05"]),
            b"g" => send_registers(frame),
            b"c" => return Resume::Go,
            b"s" => return Resume::Step,
            b"D" => {
                send(&[b"OK"]);
                IS_REMOTE.store(false, Relaxed);
                return Resume::Go;
            }
            b"3" => {
                IS_REMOTE.store(false, Relaxed);
                return local::stopped(frame, Stop::Asked);
            }
            other => set_breakpoint(other),
        }
    }
}

/// `Z1,address,4` and `z1,address,4`; any other packet has the answer that means: not supported.
fn set_breakpoint(packet: &[u8]) {
    let address = |rest: &[u8]| {
        let text = core::str::from_utf8(rest.strip_suffix(b",4")?).ok()?;
        u64::from_str_radix(text, 16).ok()
    };
    let set = packet.strip_prefix(b"Z1,").and_then(address);
    let clear = packet.strip_prefix(b"z1,").and_then(address).map(|_| NOWHERE);
    match set.or(clear) {
        Some(address) => {
            BREAKPOINT.store(address, Relaxed);
            send(&[b"OK"]);
        }
        None => send(&[]),
    }
}

/// X0 to X30, SP and PC, and CPSR, which has four bytes.
fn send_registers(frame: &Frame) {
    let (registers, cpsr) = frame.registers();
    let mut text = [0; 16 * 33 + 8];
    let bytes = registers.iter().flat_map(|value| value.to_le_bytes()).chain((cpsr as u32).to_le_bytes());
    for (place, byte) in text.chunks_exact_mut(2).zip(bytes) {
        place.copy_from_slice(&[digit(byte >> 4), digit(byte & 0xf)]);
    }
    send(&[&text]);
}

fn send(parts: &[&[u8]]) {
    let sum = parts.iter().copied().flatten().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    print!("$");
    parts.iter().copied().flatten().for_each(|byte| print!("{}", char::from(*byte)));
    print!("#{sum:02x}");
}

/// The next packet that is whole; one that is not is asked for again.
fn receive(packet: &mut [u8; LONGEST]) -> &[u8] {
    loop {
        while console::wait_for_byte() != b'$' {}
        let (mut length, mut sum) = (0, 0u8);
        loop {
            let byte = console::wait_for_byte();
            if byte == b'#' {
                break;
            }
            sum = sum.wrapping_add(byte);
            if let Some(place) = packet.get_mut(length) {
                *place = byte;
                length += 1;
            }
        }
        let told = [console::wait_for_byte(), console::wait_for_byte()];
        if told == [digit(sum >> 4), digit(sum & 0xf)] {
            print!("+");
            return &packet[..length];
        }
        print!("-");
    }
}

fn digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}
