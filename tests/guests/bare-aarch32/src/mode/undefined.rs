// SPDX-License-Identifier: MIT OR Apache-2.0
//! What does not exist is undefined: exactly one exception at that instruction, and life goes on.

use core::fmt::Display;

use bare_aarch64::pattern::Kind;

use crate::runtime::exception::{Event, count, expect_injection, forget, total};
use crate::runtime::probe::{self, El0};
use crate::runtime::singular::{DEFINED, UNDEFINED, UNKNOWN_TO_QEMU};
use crate::runtime::{console::println, debug, report::check};

/// SPSRs that no return can have: AArch64's EL1h and EL0t, Hyp, Monitor, and a number that means nothing.
const ILLEGAL: [u32; 5] = [0x1c5, 0x1c0, 0x1da, 0x1d6, 0x1d4];

pub fn run() {
    for kind in Kind::ALL {
        for n in debug::count(kind)..16 {
            undefined(format_args!("{}{n}.read", kind.name()), 1, || _ = debug::read(kind, n));
            undefined(format_args!("{}{n}.write", kind.name()), 1, || debug::write(kind, n, 1));
        }
    }
    UNDEFINED.iter().for_each(|(name, access)| undefined(name, 1, access));
    DEFINED.iter().for_each(|(name, access)| defined(name, access, false));
    UNKNOWN_TO_QEMU.iter().for_each(|(name, access)| defined(name, access, true));
    undefined("from_pl0", 3, || _ = El0::Illegal.run(0));
    undefined("from_pl0.t32", 1, || check("legal.pl0.t32", debug::id(), El0::Thumb.run(0)));
    forget();
    check("legal.pl0", debug::id(), El0::Legal.run(0));
    check("legal.pl0.quiet", 0, total());
    ILLEGAL
        .iter()
        .for_each(|&spsr| undefined(format_args!("illegal_return.{spsr:x}"), 1, || probe::illegal_return(spsr)));
    forget();
    probe::unaligned();
    check("unaligned_pc", 0x101, count(Event::Prefetch) << 8 | total());
}

fn undefined(name: impl Display, times: u32, access: impl FnOnce()) {
    forget();
    expect_injection();
    access();
    // So many of this kind, and none beside them.
    check(format_args!("undefined.{name}"), times << 8 | times, count(Event::Undefined) << 8 | total());
}

fn defined(name: &str, access: &fn(), may_be_missing: bool) {
    forget();
    expect_injection();
    access();
    if may_be_missing && count(Event::Undefined) == 1 {
        println!("SKIP defined.{name}: this machine has none");
    } else {
        check(format_args!("defined.{name}"), 0, total());
    }
}
