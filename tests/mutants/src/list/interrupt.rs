// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of interrupts and signals that pass between guest and kernel without an exit to the VMM.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "refused_injection_is_lost",
        file: "microkernel/src/object/vcpu/injection.rs",
        from: "(Some(word), Some(_)) => Injected::Refused(fault_context::refused_injection(word)),",
        to: "(Some(_), Some(_)) => Injected::Nothing,",
    },
    Mutant {
        name: "wait_with_an_injection_waits",
        file: "microkernel/src/object/reply.rs",
        from: "(_, ReplyKind::Resume) | (Injected::Put, ReplyKind::Wait) =>",
        to: "(_, ReplyKind::Resume) =>",
    },
    Mutant {
        name: "a_handled_timer_is_not_told",
        file: "microkernel/src/object/vgic.rs",
        from: "true if is_active(list_register) => list_register & !(HARDWARE | PHYSICAL) | MAINTENANCE_AT_END,",
        to: "true if is_active(list_register) => 0,",
    },
    Mutant {
        name: "a_restored_timer_is_no_physical_one",
        file: "microkernel/src/object/vcpu/group.rs",
        from: "            kernel.handle_timer(vcpu);\n",
        to: "",
    },
    Mutant {
        name: "a_timer_set_anew_ends_a_wait",
        file: "microkernel/src/object/vcpu/wait.rs",
        from: "        self.resample_timer(vcpu);\n",
        to: "",
    },
    Mutant {
        name: "own_interrupt_ends_no_wait",
        file: "microkernel/src/object/vcpu/wait.rs",
        from: "|| self.has_own_interrupt(vcpu) {",
        to: "|| false && self.has_own_interrupt(vcpu) {",
    },
    Mutant {
        name: "reply_fills_the_kernels_list_register",
        file: "microkernel/src/object/vcpu/injection.rs",
        from: "Some(value) if !vcpu.is_kernels(injection.index) => {",
        to: "Some(value) => {",
    },
    Mutant {
        name: "vmm_fills_the_kernels_list_register",
        file: "microkernel/src/object/vcpu/invoke.rs",
        from: "vcpu.is_kernels(injection.index) || vgic::is_active",
        to: "vgic::is_active",
    },
    Mutant {
        name: "active_interrupt_is_overwritten",
        file: "microkernel/src/object/vgic.rs",
        from: "true if is_same => Some(list_register |",
        to: "true => Some(list_register |",
    },
    Mutant {
        name: "untold_end_is_overwritten",
        file: "microkernel/src/object/vgic.rs",
        from: "list_register & (PENDING | ACTIVE) == 0 && !is_ended(list_register)",
        to: "list_register & (PENDING | ACTIVE) == 0",
    },
    Mutant {
        name: "forwarded_timer_is_not_active",
        file: "microkernel/src/object/vcpu/prepared_timer.rs",
        from: "            self.cpu.arch.set_timer_active(vcpu, true);\n",
        to: "",
    },
    Mutant {
        name: "timer_set_anew_still_fires",
        file: "microkernel/src/object/vcpu/prepared_timer.rs",
        from: "== TimerInterrupt::Pending && !self.timer_fires(vcpu)",
        to: "== TimerInterrupt::Pending && false",
    },
    Mutant {
        name: "taken_back_timer_stays_active",
        file: "microkernel/src/object/vcpu/prepared_timer.rs",
        from: "            self.cpu.arch.set_timer_active(vcpu, false);\n",
        to: "",
    },
    Mutant {
        name: "dissociated_vcpu_keeps_the_timer",
        file: "microkernel/src/object/vcpu/mod.rs",
        from: "    kernel.take_timer_back(vcpu);\n    kernel.cpu.arch.park_vcpu(vcpu);\n",
        to: "    kernel.cpu.arch.park_vcpu(vcpu);\n",
    },
    Mutant {
        name: "cache_maintenance_rings",
        file: "microkernel/src/object/vcpu/doorbell.rs",
        from: "            && !abort.cache_maintenance\n",
        to: "",
    },
    Mutant {
        name: "width_does_not_count",
        file: "microkernel/src/object/vcpu/doorbell.rs",
        from: "            && self.width.get() == store.width\n",
        to: "",
    },
    Mutant {
        name: "preempted_guest_rings_twice",
        file: "microkernel/src/object/vcpu/doorbell.rs",
        from: "            guest.fault_ip.set(after.pc);\n",
        to: "",
    },
    Mutant {
        name: "doorbells_outlive_the_vcpu",
        file: "microkernel/src/object/vcpu/mod.rs",
        from: "    doorbell::delete_all(kernel, vcpu);\n",
        to: "",
    },
    Mutant {
        name: "doorbells_are_passed_by",
        file: "microkernel/src/fastpath/resident.rs",
        from: "is_some_and(|vcpu| !vcpu.doorbells.are_there())",
        to: "is_some()",
    },
    Mutant {
        name: "signal_wakes_nobody",
        file: "microkernel/src/object/vcpu/binding.rs",
        from: "        self.wake_waiting(vcpu);\n",
        to: "",
    },
    Mutant {
        name: "signal_wakes_a_stopped_vcpu",
        file: "microkernel/src/object/vcpu/wait.rs",
        from: "            && vcpu.timer_wait.sleeps.get()\n",
        to: "",
    },
    Mutant {
        name: "deleted_notification_stays_bound",
        file: "microkernel/src/object/notification.rs",
        from: "            vcpu::unbind_notification(vcpu);\n",
        to: "",
    },
    Mutant {
        name: "bound_twice",
        file: "microkernel/src/object/notification.rs",
        from: "self.bound_tcb.get().is_none() && self.bound_vcpu.get().is_none()",
        to: "self.bound_tcb.get().is_none()",
    },
];
