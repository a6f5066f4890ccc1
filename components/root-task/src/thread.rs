// SPDX-License-Identifier: MIT OR Apache-2.0
//! Scheduling contexts and threads.

use sel4::init_thread::slot::TCB;
use sel4::{CNodeCapData, UserContext, cap};
use sel4_abi::rights::CapRights;
use system_spec::{NONE, OnFault, Thread, thread_flags};

use crate::{Failure, System, failure::Context, system::rights};

/// A fault endpoint needs no more.
const FAULT_RIGHTS: u8 = (CapRights::WRITE | CapRights::GRANT_REPLY) as u8;

impl<'a> System<'a> {
    pub(crate) fn configure_sched_contexts(&self) -> Result<(), Failure<'a>> {
        let control = self.boot_info.sched_control().index(0).cap();
        for row in self.spec.sched_contexts {
            let context: cap::SchedContext = self.object(row.object);
            control
                .sched_control_configure_flags(context, row.budget, row.period, row.extra_refills.into(), row.badge, 0)
                .step("configure the scheduling context of", self.spec.object_name(row.object))?;
        }
        Ok(())
    }

    pub(crate) fn configure_threads(&self) -> Result<(), Failure<'a>> {
        self.spec.threads.iter().try_for_each(|thread| {
            self.configure(thread).step("configure the thread", self.spec.object_name(thread.tcb))
        })
    }

    #[allow(clippy::unnecessary_mut_passed, reason = "rust-sel4's write_all_registers wants it")]
    fn configure(&self, thread: &Thread) -> sel4::Result<()> {
        let tcb: cap::Tcb = self.object(thread.tcb);
        // A debug kernel's own messages name threads; any other takes no notice.
        tcb.debug_name(self.spec.object_name(thread.tcb).as_bytes());
        let guard = CNodeCapData::new(thread.cspace_data >> 6, (thread.cspace_data & 63) as usize);
        let (cspace, vspace) = (self.object(thread.cspace), self.object(thread.vspace));
        tcb.tcb_configure(cspace, guard, vspace, thread.ipc_buffer_vaddr, self.optional(thread.ipc_buffer))?;
        self.set_sched_params(tcb, thread)?;
        self.watch_time(tcb, thread)?;
        if thread.notification != NONE {
            tcb.tcb_bind_notification(self.object(thread.notification))?;
        }
        if thread.flags & thread_flags::FPU_DISABLED != 0 {
            tcb.tcb_set_flags(0, sel4::TcbFlagsBuilder::new().fpu_disabled(true).build())?;
        }
        if thread.vcpu != NONE {
            let vcpu: cap::VCpu = self.object(thread.vcpu);
            return vcpu.vcpu_set_tcb(tcb);
        }
        let mut context = UserContext::default();
        *context.pc_mut() = thread.entry;
        *context.sp_mut() = thread.sp;
        *context.gpr_mut(0) = thread.x0;
        tcb.tcb_write_all_registers(false, &mut context)
    }

    fn set_sched_params(&self, tcb: cap::Tcb, thread: &Thread) -> sel4::Result<()> {
        let (mcp, priority) = (thread.mcp.into(), thread.priority.into());
        let context: cap::SchedContext = self.object(thread.sched_context);
        let set = |fault_endpoint| tcb.tcb_set_sched_params(TCB.cap(), mcp, priority, context, fault_endpoint);
        if thread.fault_endpoint == NONE {
            return set(self.optional(NONE));
        }
        self.with_badged(thread.fault_endpoint, rights(FAULT_RIGHTS), thread.fault_badge, |copy| set(copy.cast()))
    }

    /// What can be started again is told of when its budget ends: it might never end by itself.
    fn watch_time(&self, tcb: cap::Tcb, thread: &Thread) -> sel4::Result<()> {
        let mut components = self.spec.components.iter();
        let watched =
            components.any(|component| component.tcb == thread.tcb && component.on_fault() == OnFault::Restart);
        if !watched || thread.fault_endpoint == NONE {
            return Ok(());
        }
        self.with_badged(thread.fault_endpoint, rights(FAULT_RIGHTS), thread.fault_badge, |copy| {
            tcb.tcb_set_timeout_endpoint(copy.cast())
        })
    }

    /// From the highest priority down; this task has a higher one, so nothing runs before it waits.
    pub(crate) fn start_threads(&self) -> Result<(), Failure<'a>> {
        for priority in (0..=u8::MAX).rev() {
            let starts = |thread: &&Thread| thread.priority == priority && thread.flags & thread_flags::RESUME != 0;
            for thread in self.spec.threads.iter().filter(starts) {
                let tcb: cap::Tcb = self.object(thread.tcb);
                tcb.tcb_resume().step("start", self.spec.object_name(thread.tcb))?;
            }
        }
        Ok(())
    }
}
