// SPDX-License-Identifier: MIT OR Apache-2.0
//! What does not exist is undefined: exactly one exception of class 0 at that instruction, and life goes on.

use core::fmt::Display;

use esr::Class;

use super::WATCHED;
use crate::pattern::Kind;
use crate::runtime::exception::{count, forget, total};
use crate::runtime::probe::El0;
use crate::runtime::singular::{DEFINED, UNDEFINED};
use crate::runtime::{debug, report::check};

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
    for (name, access) in DEFINED {
        forget();
        access();
        check(format_args!("defined.{name}"), 0, total());
    }
    debug::reset();
}

fn undefined(name: impl Display, access: impl FnOnce()) {
    forget();
    access();
    check(format_args!("undefined.{name}"), 1, count(Class::UNKNOWN));
    check(format_args!("undefined.{name}.alone"), 1, total());
}

fn from_el0() {
    forget();
    El0::Undefined.run(&WATCHED, 0);
    check("undefined.from_el0", 3, count(Class::UNKNOWN));
    check("undefined.from_el0.alone", 3, total());
}
