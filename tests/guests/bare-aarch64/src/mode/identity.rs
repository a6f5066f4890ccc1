// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ID registers promise what the guest gets: this core's breakpoints and watchpoints, and of debug nothing else.

use arm_syndrome::Class;

use crate::runtime::exception::{count, forget, total};
use crate::runtime::features::{REGISTERS, write_one};
use crate::runtime::report::check;

/// `ID_AA64DFR0_EL1`: name, lowest bit, what must be there.
const DEBUG_FEATURES: [(&str, u32, u64); 7] = [
    ("DebugVer", 0, 6),
    ("TraceVer", 4, 0),
    ("PMUVer", 8, 0),
    ("PMSVer", 32, 0),
    ("DoubleLock", 36, 0xf),
    ("TraceFilt", 40, 0),
    ("TraceBuffer", 44, 0),
];

pub fn run() {
    forget();
    let words: [u64; REGISTERS.len()] = core::array::from_fn(|n| REGISTERS[n]());
    check("identity.all_readable", 0, total());
    let word = |crm: usize, op2: usize| words[(crm - 1) * 8 + op2];
    for (name, at, expected) in DEBUG_FEATURES {
        check(format_args!("identity.dfr0.{name}"), expected, word(5, 0) >> at & 0xf);
    }
    check("identity.dfr1", 0, word(5, 1));
    check("identity.dfr0_32", 0, word(1, 2) & !0xf);
    // EL0 and EL1 there, and a physical address size: the core's own values came through.
    check("identity.pfr0.el0_el1", 0, (word(4, 0) & 3).min(word(4, 0) >> 4 & 3).min(1) ^ 1);
    check("identity.pfr0.gic", 0, word(4, 0) >> 24 & 0xf);
    check("identity.mmfr0.pa_range", 1, u64::from(word(7, 0) & 0xf != 0));
    check("identity.reserved", 0, word(3, 3) | word(4, 6) | word(6, 7) | word(7, 7));
    forget();
    write_one();
    check("identity.write", 0x101, count(Class::UNKNOWN) << 8 | total());
}
