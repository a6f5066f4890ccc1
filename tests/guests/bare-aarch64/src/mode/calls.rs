// SPDX-License-Identifier: MIT OR Apache-2.0
//! Calls by HVC and by SMC, with something in each part of a register that does not count.

use crate::calls::{CALLS, NOISE, NOT_SUPPORTED};
use crate::runtime::psci::{self, Conduit};
use crate::runtime::report::check_quietly;

/// All of them.
pub fn run() -> &'static str {
    for conduit in [Conduit::Hvc, Conduit::Smc] {
        for call in CALLS {
            let [first, second] = call.arguments;
            let given = [NOISE | u64::from(call.function), first, second, NOISE];
            let [answer, rest @ ..] = psci::registers_after(conduit, given);
            let name = format_args!("{conduit:?} {:#x} {first:#x} {second:#x}", call.function);
            check_quietly(name, call.answer as u32 as u64, answer & 0xffff_ffff);
            check_quietly(format_args!("{name}, the other registers"), 1, u64::from(rest == given[1..]));
        }
    }
    // An immediate makes it no call.
    for (name, conduit) in [("hvc 1", Conduit::Hvc1), ("smc 1", Conduit::Smc1)] {
        let [answer, ..] = psci::registers_after(conduit, [0x8400_0000, 0, 0, 0]);
        check_quietly(name, NOT_SUPPORTED as u32 as u64, answer & 0xffff_ffff);
    }
    "calls"
}
