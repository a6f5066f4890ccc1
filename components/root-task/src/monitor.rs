// SPDX-License-Identifier: MIT OR Apache-2.0
//! After the start: fault handler of every protection domain without a parent.

use sel4::cap;
use sel4_sys::fault::FaultLabel;
use system_spec::{Component, NONE};

use crate::{FaultReport, Registers, System};

impl System<'_> {
    /// Waits for faults for ever. A domain that faults stays stopped; the others go on.
    pub(crate) fn monitor(&self) -> ! {
        let endpoint: cap::Endpoint = self.object(self.spec.monitor_endpoint());
        let reply: cap::Reply = self.object(self.spec.monitor_reply());
        loop {
            let (info, badge) = endpoint.recv(reply);
            let component = badge.checked_sub(1).and_then(|index| self.spec.components.get(index as usize));
            match component {
                None => sel4::debug_println!("MON|ERROR: a message from nobody: badge {badge:#x}"),
                Some(component) if info.label() == FaultLabel::NullFault as u64 => self.make_passive(component),
                Some(component) => self.report(component, info.label(), info.length()),
            }
        }
    }

    fn report(&self, component: &Component, label: u64, length: usize) {
        let mut words = [0; sel4_sys::fault::unknown_syscall::LENGTH];
        sel4::with_ipc_buffer(|buffer| {
            let length = length.min(words.len());
            words[..length].copy_from_slice(&buffer.msg_regs()[..length]);
        });
        let tcb: cap::Tcb = self.object(component.tcb);
        let registers = tcb.tcb_read_all_registers(false).ok().map(|context| Registers {
            pc: *context.pc(),
            sp: *context.sp(),
            spsr: *context.spsr(),
            x: core::array::from_fn(|n| *context.gpr(n)),
        });
        let name = self.spec.name(component.name);
        let stack_bottom = component.stack_bottom;
        let report = FaultReport { name, label, words: &words, stack_bottom, registers: registers.as_ref() };
        sel4::debug_print!("{report}");
    }

    /// A passive domain has initialised itself and waits: from now on it runs on its callers' time, and on its own
    /// scheduling context only when a notification wakes it.
    fn make_passive(&self, component: &Component) {
        let name = self.spec.name(component.name);
        let context: cap::SchedContext = self.object(component.sched_context);
        let bind = || -> sel4::Result<()> {
            context.unbind()?;
            if component.notification != NONE {
                let notification: cap::Notification = self.object(component.notification);
                context.bind(notification)?;
            }
            Ok(())
        };
        match bind() {
            Ok(()) => sel4::debug_println!("MON|INFO: '{name}' is now passive"),
            Err(error) => sel4::debug_println!("MON|ERROR: '{name}' cannot be made passive: {error:?}"),
        }
    }
}
