// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of replies that stop a vCPU, its recall and its start, and what a VMM makes of them.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "fast_path_resumes_a_stopped_guest",
        file: "microkernel/src/fastpath/mod.rs",
        from: "if info.label() > fault_context::REPLY_LABEL {",
        to: "if info.label() > fault_context::WAIT_LABEL {",
    },
    Mutant {
        name: "waiting_guest_sleeps_for_ever",
        file: "microkernel/src/object/reply.rs",
        from: "ReplyKind::Wait => self.await_timer(receiver),",
        to: "ReplyKind::Wait => {}",
    },
    Mutant {
        name: "stopped_guest_wakes_at_its_timer",
        file: "microkernel/src/object/reply.rs",
        from: "ReplyKind::Stop => {}",
        to: "ReplyKind::Stop => self.await_timer(receiver),",
    },
    Mutant {
        name: "stop_takes_no_words",
        file: "microkernel/src/fault/message.rs",
        from: "Some(ReplyKind::Stop | ReplyKind::Wait) => VCPU_STOP,",
        to: "Some(ReplyKind::Stop | ReplyKind::Wait) => false,",
    },
    Mutant {
        name: "event_cannot_stop",
        file: "microkernel/src/fault/message.rs",
        from: "Fault::VgicMaintenance(_) | Fault::VppiEvent(_) => return kind_of_reply(info, receiver),",
        to: "Fault::VgicMaintenance(_) | Fault::VppiEvent(_) => return ReplyKind::Resume,",
    },
    Mutant {
        name: "recalled_guest_wakes_at_its_timer",
        file: "microkernel/src/object/vcpu/stop.rs",
        from: "if !is_open {",
        to: "if !is_open && before != VcpuWait::Stopped {",
    },
    Mutant {
        name: "recall_forgets_an_open_fault",
        file: "microkernel/src/object/vcpu/stop.rs",
        from: "if !is_open {",
        to: "if !is_open || before == VcpuWait::Answer {",
    },
    Mutant {
        name: "start_forgets_an_open_fault",
        file: "microkernel/src/object/vcpu/stop.rs",
        from: "thread.state.get() == ThreadState::Inactive);",
        to: "!thread.is_runnable());",
    },
    Mutant {
        name: "start_goes_on_where_it_was",
        file: "microkernel/src/object/vcpu/stop.rs",
        from: "    thread.fault_ip.set(thread.context.elr.get());\n",
        to: "",
    },
    Mutant {
        name: "start_takes_a_refused_write",
        file: "microkernel/src/object/vcpu/stop.rs",
        from: "debug_shim::Error::NoSuchRegister => SyscallError::InvalidArgument(REPLY_REGISTER as u64),\n            _ => SyscallError::IllegalOperation,\n        })?;",
        to: "debug_shim::Error::NoSuchRegister => SyscallError::InvalidArgument(REPLY_REGISTER as u64),\n            _ => SyscallError::IllegalOperation,\n        })\n        .ok();",
    },
    Mutant {
        name: "wait_on_lent_time_is_not_seen",
        file: "microkernel/src/invariants/waiting.rs",
        from: "(is_open && (blocking || reply == Some(latest)))",
        to: "(is_open && blocking && reply != Some(latest))",
    },
    Mutant {
        name: "stopped_vcpu_stays_stopped_after_a_restart",
        file: "vmm/src/vm/recovery.rs",
        from: "Waits::Stopped if !self.vcpu.power.is_parked() => self.restarted(),",
        to: "Waits::Stopped if self.vcpu.power.is_parked() => self.restarted(),",
    },
    Mutant {
        name: "input_of_a_dead_monitor_is_lost",
        file: "vmm/src/vm/recovery.rs",
        from: "if result.0 != Next::Wait {",
        to: "if result.0 == Next::Resume {",
    },
    Mutant {
        name: "reset_is_done_again_as_a_call",
        file: "vmm/src/vm/recovery.rs",
        from: "waits.message().and_then(Message::number);",
        to: "None;",
    },
    Mutant {
        name: "power_off_leaves_its_fault_open",
        file: "vmm/src/vm/recovery.rs",
        from: "            return (Next::Stop, None);\n",
        to: "            return (Next::Stay, None);\n",
    },
    Mutant {
        name: "every_kernel_stops_by_reply",
        file: "vmm/src/exit/mod.rs",
        from: "Self::Wait | Self::Stop => kernel.stops_by_reply(),",
        to: "Self::Wait | Self::Stop => true,",
    },
    Mutant {
        name: "end_is_not_told_to_an_old_kernel",
        file: "vmm/src/vm/lifecycle.rs",
        from: "        if !self.kernel.stops_by_reply() {\n",
        to: "        if self.kernel.stops_by_reply() {\n",
    },
];
