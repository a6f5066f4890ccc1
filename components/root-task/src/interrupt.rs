// SPDX-License-Identifier: MIT OR Apache-2.0
//! Interrupts and the notifications that they signal.

use sel4::cap;

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
}
