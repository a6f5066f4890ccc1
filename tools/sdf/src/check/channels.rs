// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who may be connected with whom.

use super::super::context::Context;
use super::super::model::{End, System};

pub(super) fn check(system: &System, cx: &Context<'_>) {
    for channel in &system.channels {
        let [a, b] = &channel.ends;
        if a.pd == b.pd {
            let what = format!("Channel of protection domain '{}' to itself", system[a.pd].name);
            cx.report(cx.error(b.span, what).on("end").also(a.span, "the other end"));
            continue;
        }
        // Calls both ways have been reported, and one of them must go down.
        if !(a.pp && b.pp) {
            call_goes_up(system, a, b, cx);
            call_goes_up(system, b, a, cx);
        }
    }
}

/// A protected procedure runs on its caller's time: it must be able to preempt the caller.
fn call_goes_up(system: &System, caller: &End, callee: &End, cx: &Context<'_>) {
    let [from, to] = [&system[caller.pd], &system[callee.pd]];
    let [low, high] = [from.scheduling.priority, to.scheduling.priority];
    if caller.pp && low >= high {
        let what =
            format!("pp needs a callee of higher priority: '{}' has {low}, '{}' has {high},", from.name, to.name);
        let error = cx.error(caller.span, what).on("end");
        cx.report(
            error.also(to.span, "the callee").help(format!("a priority above {low} for '{}' makes it right", to.name)),
        );
    }
}
