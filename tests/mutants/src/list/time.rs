// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of whose time it is, and whose turn.

use crate::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "slices_in_a_server_end_nobodys_turn",
        file: "microkernel/src/sched/turn.rs",
        from: "        self.turn_over.set(self.is_lent());\n",
        to: "",
    },
    Mutant {
        name: "inner_return_ends_the_turn",
        file: "microkernel/src/sched/turn.rs",
        from: "!self.is_lent() && self.turn_over.replace(false)",
        to: "self.turn_over.replace(false)",
    },
    Mutant {
        name: "turn_is_over_for_ever",
        file: "microkernel/src/sched/turn.rs",
        from: "!self.is_lent() && self.turn_over.replace(false)",
        to: "!self.is_lent() && self.turn_over.get()",
    },
    Mutant {
        name: "a_turn_that_is_over_goes_on",
        file: "microkernel/src/sched/turn.rs",
        from: "self.cpu.ready.push_back(thread);",
        to: "self.cpu.ready.push_front(thread);",
    },
    Mutant {
        name: "whoever_can_run_again_has_a_turn",
        file: "microkernel/src/sched/mod.rs",
        from: "if sc.take_turn_over() {",
        to: "if false {",
    },
    Mutant {
        name: "a_turn_goes_to_the_next_thread",
        file: "microkernel/src/object/sched_context.rs",
        from: "        // A turn is a thread's.\n        sc.turn_over.set(false);\n",
        to: "",
    },
    Mutant {
        name: "fast_reply_forgets_the_turn",
        file: "microkernel/src/fastpath/ipc.rs",
        from: "            && !sc.turn_over.get()\n",
        to: "",
    },
    Mutant {
        name: "fast_answer_forgets_the_turn",
        file: "microkernel/src/fastpath/mod.rs",
        from: "Some(sc) => !sc.turn_over.get() && self.own_time(handler)",
        to: "Some(_) => self.own_time(handler)",
    },
    Mutant {
        name: "cut_calls_leave_the_turn_open",
        file: "microkernel/src/object/sched_context.rs",
        from: "        // It is at home where it is.\n        sc.turn_over.set(false);\n",
        to: "",
    },
    Mutant {
        name: "monitor_outlasts_its_own_budget",
        file: "microkernel/src/fastpath/mod.rs",
        from: "            self.limit_to(sc);\n",
        to: "            let _ = sc;\n",
    },
    Mutant {
        name: "lent_time_stays_with_the_guest",
        file: "microkernel/src/fastpath/mod.rs",
        from: "                guest.sched_context.set(None);\n",
        to: "",
    },
    Mutant {
        name: "lent_time_is_not_lent_on",
        file: "microkernel/src/fastpath/mod.rs",
        from: "state.get() == NotificationState::Active || lent.is_some() && lent == thread.sched_context.get()",
        to: "state.get() == NotificationState::Active || lent.is_some()",
    },
    Mutant {
        name: "alarm_does_not_end_a_wait",
        file: "microkernel/src/object/vcpu/wait.rs",
        from: "            && wait.sleeps.get()\n        {\n            self.restart(thread);",
        to: "            && wait.sleeps.get()\n            && !wait.alarm_due.get()\n        {\n            self.restart(thread);",
    },
    Mutant {
        name: "alarm_is_lost_in_an_exit",
        file: "microkernel/src/object/reply.rs",
        from: "            receiver.vcpu.get().inspect(|&vcpu| self.mind_alarm(vcpu));\n",
        to: "",
    },
    Mutant {
        name: "alarm_is_lost_on_the_fast_path",
        file: "microkernel/src/fastpath/mod.rs",
        from: "            && !guest.vcpu.get().is_some_and(|vcpu| vcpu.timer_wait.alarm_due.get())\n",
        to: "",
    },
    Mutant {
        name: "alarm_that_is_due_cannot_be_taken_back",
        file: "microkernel/src/object/vcpu/alarm.rs",
        from: "        vcpu.timer_wait.alarm_due.set(false);\n        if vcpu.timer_wait.alarm.replace(count)",
        to: "        if vcpu.timer_wait.alarm.replace(count)",
    },
    Mutant {
        name: "alarm_outlives_its_thread",
        file: "microkernel/src/object/vcpu/mod.rs",
        from: "    kernel.forget_alarm(vcpu);\n    kernel.take_timer_back(vcpu);\n",
        to: "    kernel.take_timer_back(vcpu);\n",
    },
    Mutant {
        name: "alarm_outlives_its_vcpu",
        file: "microkernel/src/object/vcpu/mod.rs",
        from: "    kernel.forget_alarm(vcpu);\n    binding::end(vcpu);\n",
        to: "    binding::end(vcpu);\n",
    },
    Mutant {
        name: "alarm_is_not_set_anew_after_a_restart",
        file: "vmm/src/vm/recovery.rs",
        from: "            handler.keep_alarm();\n",
        to: "",
    },
    Mutant {
        name: "physical_timer_s_line_stays_up",
        file: "vmm/src/exit/physical_timer.rs",
        from: "                self.look_at_physical_timer();\n                None",
        to: "                None",
    },
    Mutant {
        name: "physical_timer_survives_a_reset",
        file: "vmm/src/vcpu/others.rs",
        from: "        *self.timer.change() = PhysicalTimer::new();\n",
        to: "        let _ = PhysicalTimer::new();\n",
    },
    Mutant {
        name: "timer_value_has_no_sign",
        file: "vmm/src/vcpu/physical_timer.rs",
        from: "count.wrapping_add_signed((value as u32 as i32).into())",
        to: "count.wrapping_add((value as u32).into())",
    },
];
