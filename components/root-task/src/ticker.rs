// SPDX-License-Identifier: MIT OR Apache-2.0
//! A second thread of this task, which reports to the monitor a few times a second: so the monitor can wait for faults
//! and still look after what sends no message.
#![allow(unsafe_code)]

use sel4::init_thread::slot::{CNODE, TCB, VSPACE};
use sel4::{CNodeCapData, CapRights, ObjectBlueprint, UserContext, cap};
use sel4_abi::object::MIN_SCHED_CONTEXT_BITS;

use crate::{
    Failure, System,
    failure::Context,
    system::{cap_at, path},
};

/// Badge of a tick: no component's.
pub(crate) const BADGE: u64 = 1 << 61;
/// Time between ticks.
pub(crate) const PERIOD_US: u64 = 250_000;
/// It needs a few microseconds, once it is lent none.
const BUDGET_US: u64 = 100;
/// As this task's own: nothing keeps it from its few instructions.
const PRIORITY: u64 = 255;
const NAME: &str = "ticker";

impl<'a> System<'a> {
    /// Creates the thread and starts it.
    #[allow(clippy::unnecessary_mut_passed, reason = "rust-sel4's write_all_registers wants it")]
    pub(crate) fn start_ticker(&mut self) -> Result<(), Failure<'a>> {
        let size_bits = MIN_SCHED_CONTEXT_BITS;
        let context: cap::SchedContext = cap_at(self.create_extra(ObjectBlueprint::SchedContext { size_bits }, NAME)?);
        let tcb: cap::Tcb = cap_at(self.create_extra(ObjectBlueprint::Tcb, NAME)?);
        let endpoint = self.slots.take().step("allocate", NAME)?;
        let monitor = path(self.slots.object(self.spec.monitor_endpoint()));
        path(endpoint).mint(&monitor, CapRights::write_only(), BADGE).step("tell the monitor's endpoint to", NAME)?;
        let control = self.boot_info.sched_control().index(0).cap();
        let start = || -> sel4::Result<()> {
            control.sched_control_configure_flags(context, BUDGET_US, PERIOD_US, 0, 0, 0)?;
            tcb.debug_name(NAME.as_bytes());
            // Guard word 0: as this task's own.
            tcb.tcb_configure(CNODE.cap(), CNodeCapData::new(0, 0), VSPACE.cap(), 0, cap_at(0))?;
            tcb.tcb_set_sched_params(TCB.cap(), 0, PRIORITY, context, cap_at(0))?;
            let mut registers = UserContext::default();
            *registers.pc_mut() = entry();
            *registers.gpr_mut(usize::from(ENDPOINT)) = endpoint as u64;
            tcb.tcb_write_all_registers(true, &mut registers)
        };
        start().step("start the thread", NAME)
    }
}

/// The register that names the endpoint, which no system call changes.
const ENDPOINT: u8 = 19;

#[cfg(target_os = "none")]
fn entry() -> u64 {
    use sel4_abi::syscall::Syscall;

    /// Sends nothing, and gives the rest of the period away. Without a stack.
    // SAFETY: only ever the entry of a thread of its own; touches no memory.
    #[unsafe(naked)]
    extern "C" fn tick() -> ! {
        core::arch::naked_asm!(
            "1:",
            "mov x0, x{endpoint}",
            "mov x1, xzr",
            "mov x7, #{send}",
            "svc #0",
            "mov x7, #{give_up}",
            "svc #0",
            "b 1b",
            endpoint = const ENDPOINT,
            send = const Syscall::Send.number(),
            give_up = const Syscall::Yield.number(),
        )
    }
    tick as *const () as u64
}

#[cfg(not(target_os = "none"))]
fn entry() -> u64 {
    0
}
