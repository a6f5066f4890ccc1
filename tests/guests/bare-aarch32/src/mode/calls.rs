// SPDX-License-Identifier: MIT OR Apache-2.0
//! Calls by HVC and by SMC. Those with bit 30 in their number are for 64-bit callers.

use bare_aarch64::calls::{CALLS, NOT_SUPPORTED};

use crate::runtime::psci::{self, Conduit};
use crate::runtime::report::check_quietly;

/// All of them.
pub fn run() -> &'static str {
    for conduit in [Conduit::Hvc, Conduit::Smc] {
        for call in CALLS {
            let [first, second] = call.arguments.map(|argument| argument as u32);
            let given = [call.function, first, second, 0xdead_beef];
            let [answer, rest @ ..] = psci::registers_after(conduit, given);
            let name = format_args!("{conduit:?} {:#x} {first:#x} {second:#x}", call.function);
            check_quietly(name, call.answer_to_aarch32() as u32, answer);
            check_quietly(format_args!("{name}, the other registers"), 1, u32::from(rest == given[1..]));
        }
    }
    // An immediate makes it no call.
    let [answer, ..] = psci::registers_after(Conduit::Hvc1, [0x8400_0000, 0, 0, 0]);
    check_quietly("hvc 1", NOT_SUPPORTED as u32, answer);
    "calls"
}
