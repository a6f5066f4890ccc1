// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cases that our kernel answers otherwise than seL4, each with our answer and its reason.

/// One of them. A case that is listed here and does not differ is a mistake, and so is another answer.
pub struct Difference {
    /// The case.
    pub name: &'static str,
    /// What our kernel answers, as the case prints it.
    pub ours: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// All of them.
pub const DIFFERENCES: &[Difference] = &[
    differs("answers::sched::yield_to_a_stopped_thread", "IllegalOperation", NO_YIELD_TO),
    differs("sched::a_slice_that_ends_in_a_server", "0x4", TURN_OVER),
    differs("answers::irq::sgi", "IllegalOperation", NO_SGI),
    differs("answers::irq::sgi_16", "IllegalOperation", NO_SGI),
    differs(
        "answers::vcpu::fresh_vmpidr_el2",
        "Success[80000000]",
        "bit 31 of VMPIDR_EL2 is RES1: our vCPU starts with it",
    ),
    differs(
        "answers::vcpu::inject_65535",
        "RangeError[0, 3fb]",
        "1020 to 1023 are no interrupts: our range ends at 1019",
    ),
];

const NO_YIELD_TO: &str = "our kernel has no YieldTo: nothing here needs it";
const TURN_OVER: &str = "a client's turn ends with its slice, also in a server; seL4 moves only the server";
const NO_SGI: &str = "our kernel sends no SGIs: there is one core";

const fn differs(name: &'static str, ours: &'static str, reason: &'static str) -> Difference {
    Difference { name, ours, reason }
}

/// The row of a case that may differ.
pub fn listed(name: &str) -> Option<&'static Difference> {
    DIFFERENCES.iter().find(|difference| difference.name == name)
}

/// Why that case may differ.
pub fn reason(name: &str) -> Option<&'static str> {
    listed(name).map(|difference| difference.reason)
}
