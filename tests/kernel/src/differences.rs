// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cases that our kernel answers otherwise than seL4, each with its reason.

/// Name and reason. A case that is listed here and does not differ is a mistake.
pub const DIFFERENCES: &[(&str, &str)] = &[
    ("answers::sched::yield_to_a_stopped_thread", NO_YIELD_TO),
    ("answers::irq::sgi", NO_SGI),
    ("answers::irq::sgi_16", NO_SGI),
    ("answers::vcpu::fresh_vmpidr_el2", "bit 31 of VMPIDR_EL2 is RES1: our vCPU starts with it"),
    ("answers::vcpu::inject_65535", "1020 to 1023 are no interrupts: our range ends at 1019"),
];

const NO_YIELD_TO: &str = "our kernel has no YieldTo: nothing here needs it";
const NO_SGI: &str = "our kernel sends no SGIs: there is one core";

/// Why that case may differ.
pub fn reason(name: &str) -> Option<&'static str> {
    DIFFERENCES.iter().find(|(listed, _)| *listed == name).map(|(_, reason)| *reason)
}
