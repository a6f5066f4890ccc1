// SPDX-License-Identifier: MIT OR Apache-2.0
//! For a person: `bph work` sets the breakpoint, `bc` clears it, `ss` steps, `go` goes on, `kgdb` lets a program have the
//! console.

use core::sync::atomic::Ordering::Relaxed;

use super::stop::Stop;
use super::{BREAKPOINT, IS_REMOTE, NOWHERE, Resume, remote, work};
use crate::runtime::console::{self, print, println};
use crate::runtime::exception::Frame;

/// The longest command.
const LONGEST: usize = 32;
const ENTER: u8 = b'\r';

/// Says why, and does what it is told until the guest goes on.
pub(super) fn stopped(frame: &mut Frame, stop: Stop) -> Resume {
    println!("Entering kdb on processor 0 due to {stop} @ {:#x}", frame.elr);
    let mut line = [0; LONGEST];
    loop {
        print!("[0]kdb> ");
        match read(&mut line) {
            b"go" => return Resume::Go,
            b"ss" => return Resume::Step,
            b"bph work" => {
                BREAKPOINT.store(work(), Relaxed);
                println!("Instruction(Register) BP #0 at {:#x} (work) is enabled", work());
            }
            b"bc" => BREAKPOINT.store(NOWHERE, Relaxed),
            b"kgdb" => {
                println!("Entering please attach debugger or use $D#44+ or $3#33");
                IS_REMOTE.store(true, Relaxed);
                return remote::serve(frame);
            }
            b"" => (),
            other => println!("Unknown kdb command: '{}'", core::str::from_utf8(other).unwrap_or("?")),
        }
    }
}

/// A line, with an echo.
fn read(line: &mut [u8; LONGEST]) -> &[u8] {
    let mut length = 0;
    loop {
        let byte = console::wait_for_byte();
        if byte == ENTER {
            println!();
            return &line[..length];
        }
        if let Some(place) = line.get_mut(length) {
            *place = byte;
            length += 1;
            print!("{}", char::from(byte));
        }
    }
}
