// SPDX-License-Identifier: MIT OR Apache-2.0
//! What does not exist is undefined: exactly one exception of class 0 at that instruction, and life goes on.

use core::fmt::Display;

use arm_syndrome::Class;

use super::WATCHED;
use crate::pattern::Kind;
use crate::runtime::exception::{count, forget, total};
use crate::runtime::probe::El0;
use crate::runtime::singular::{DEFINED, UNDEFINED, UNKNOWN_TO_QEMU};
use crate::runtime::{console::println, debug, report::check};

pub fn run() {
    debug::reset();
    for kind in Kind::ALL {
        for n in debug::count(kind)..16 {
            undefined(format_args!("{}{n}.read", kind.name()), || _ = debug::read(kind, n));
            undefined(format_args!("{}{n}.write", kind.name()), || debug::write(kind, n, 1));
        }
    }
    UNDEFINED.iter().for_each(|(name, access)| undefined(name, access));
    from_el0();
    DEFINED.iter().for_each(|(name, access)| defined(name, access, false));
    UNKNOWN_TO_QEMU.iter().for_each(|(name, access)| defined(name, access, true));
    debug::reset();
}

fn undefined(name: impl Display, access: impl FnOnce()) {
    forget();
    access();
    // One of this class, and none beside it.
    check(format_args!("undefined.{name}"), 0x101, count(Class::UNKNOWN) << 8 | total());
}

fn defined(name: &str, access: &impl Fn(), may_be_missing: bool) {
    forget();
    access();
    if may_be_missing && count(Class::UNKNOWN) == 1 {
        println!("SKIP defined.{name}: this machine has none");
    } else {
        check(format_args!("defined.{name}"), 0, total());
    }
}

fn from_el0() {
    forget();
    El0::Undefined.run(&WATCHED, 0);
    check("undefined.from_el0", 0x303, count(Class::UNKNOWN) << 8 | total());
}
