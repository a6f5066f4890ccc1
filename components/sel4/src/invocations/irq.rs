// SPDX-License-Identifier: MIT OR Apache-2.0
//! Invocations of interrupt and domain objects.

use crate::{AbsoluteCPtr, InvocationContext, Result, Time, Word, cap, sys::invocation::Invocation};

impl<C: InvocationContext> cap::IrqControl<C> {
    /// Corresponds to `seL4_IRQControl_Get`.
    pub fn irq_control_get(self, irq: Word, dst: &AbsoluteCPtr) -> Result<()> {
        let words = [irq, dst.path().bits(), dst.path().depth() as Word];
        self.run(Invocation::IrqControlGet, &words, &[dst.root().bits()])
    }

    /// Corresponds to `seL4_IRQControl_GetTrigger`.
    pub fn irq_control_get_trigger(self, irq: Word, edge_triggered: bool, dst: &AbsoluteCPtr) -> Result<()> {
        let words = [irq, edge_triggered.into(), dst.path().bits(), dst.path().depth() as Word];
        self.run(Invocation::IrqControlGetTrigger, &words, &[dst.root().bits()])
    }
}

impl<C: InvocationContext> cap::IrqHandler<C> {
    /// Corresponds to `seL4_IRQHandler_Ack`.
    pub fn irq_handler_ack(self) -> Result<()> {
        self.run(Invocation::IrqHandlerAck, &[], &[])
    }

    /// Corresponds to `seL4_IRQHandler_SetNotification`.
    pub fn irq_handler_set_notification(self, notification: cap::Notification) -> Result<()> {
        self.run(Invocation::IrqHandlerSetNotification, &[], &[notification.bits()])
    }

    /// Corresponds to `seL4_IRQHandler_Clear`.
    pub fn irq_handler_clear(self) -> Result<()> {
        self.run(Invocation::IrqHandlerClear, &[], &[])
    }
}

impl<C: InvocationContext> cap::DomainSet<C> {
    /// Corresponds to `seL4_DomainSet_Set`.
    pub fn domain_set_set(self, domain: u8, thread: cap::Tcb) -> Result<()> {
        self.run(Invocation::DomainSetSet, &[domain.into()], &[thread.bits()])
    }

    /// Corresponds to `seL4_DomainSet_ScheduleConfigure`.
    pub fn domain_set_schedule_configure(self, index: Word, domain: u8, duration: Time) -> Result<()> {
        self.run(Invocation::DomainScheduleConfigure, &[index, domain.into(), duration], &[])
    }

    /// Corresponds to `seL4_DomainSet_ScheduleSetStart`.
    pub fn domain_set_schedule_set_start(self, index: Word) -> Result<()> {
        self.run(Invocation::DomainScheduleSetStart, &[index], &[])
    }
}
