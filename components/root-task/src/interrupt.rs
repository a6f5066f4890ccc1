// SPDX-License-Identifier: MIT OR Apache-2.0
//! Interrupts and the notifications that they signal.

use sel4::cap;
use system_spec::Thread;

use crate::{Failure, System, failure::Context};

impl<'a> System<'a> {
    pub(crate) fn connect_irqs(&self) -> Result<(), Failure<'a>> {
        for irq in self.spec.irqs {
            let handler: cap::IrqHandler = self.object(irq.handler);
            self.with_badged(irq.notification, sel4::CapRights::write_only(), irq.badge, |copy| {
                handler.irq_handler_set_notification(copy.cast())
            })
            .step("connect", self.spec.object_name(irq.handler))?;
        }
        Ok(())
    }

    /// An interrupt that a thread had taken when it died, and had not acknowledged, would never come again. What its device
    /// still wants is signalled anew.
    pub(crate) fn acknowledge_irqs(&self, thread: &Thread) -> sel4::Result<()> {
        for irq in self.spec.irqs.iter().filter(|irq| irq.notification == thread.notification) {
            let handler: cap::IrqHandler = self.object(irq.handler);
            handler.irq_handler_ack()?;
        }
        Ok(())
    }
}
