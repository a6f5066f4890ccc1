// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lists what every CSpace holds, as the kernel says, not as the specification does.

use sel4::{Cap, CapRights, cap, cap_type};
use system_spec::Kind;

use crate::{
    System,
    system::{cap_at, path, path_in},
};

impl System<'_> {
    /// One line for each slot that is not empty; a debug kernel is needed.
    pub(crate) fn audit(&self) {
        let mut total = 0;
        for run in self.spec.objects.iter().filter(|run| run.kind() == Some(Kind::CNode)) {
            for number in run.first..run.first + run.count {
                for slot in 0..1 << run.size_bits {
                    total += self.audit_slot(self.spec.name(run.name), number, slot, run.size_bits);
                }
            }
        }
        sel4::debug_println!("AUDIT end caps={total}");
    }

    /// Identifies a copy; returns how many capabilities there were.
    fn audit_slot(&self, name: &str, cnode: u32, slot: u32, size_bits: u8) -> u32 {
        let cnode: cap::CNode = self.object(cnode);
        let copy = path(self.slots.scratch());
        match copy.copy(&path_in(cnode, slot, size_bits), CapRights::all()) {
            Ok(()) => {
                let copied: Cap<cap_type::Unspecified> = cap_at(self.slots.scratch());
                sel4::debug_println!("AUDIT pd={name} slot={slot} type={}", type_name(copied.debug_identify()));
                let _ = copy.delete();
                1
            }
            Err(sel4::Error::FailedLookup) => 0,
            Err(error) => {
                sel4::debug_println!("AUDIT pd={name} slot={slot} type=uncopyable({error:?})");
                1
            }
        }
    }
}

/// The name of a capability's tag, as `seL4_DebugCapIdentify` returns it on AArch64.
fn type_name(tag: u32) -> &'static str {
    match tag {
        0 => "null",
        1 => "frame",
        2 => "untyped",
        3 => "page_table",
        4 => "endpoint",
        6 => "notification",
        8 => "reply",
        9 => "vspace",
        10 => "cnode",
        11 => "asid_control",
        12 => "tcb",
        13 => "asid_pool",
        14 => "irq_control",
        15 => "vcpu",
        16 => "irq_handler",
        18 => "zombie",
        20 => "domain",
        22 => "sched_context",
        24 => "sched_control",
        25 => "smc",
        27 => "sgi_signal",
        _ => "unknown",
    }
}
