// SPDX-License-Identifier: MIT OR Apache-2.0
//! Invocations of scheduling contexts.

use crate::{Badge, Cap, CapType, InvocationContext, Result, Word, cap, sys::invocation::Invocation};

/// Microseconds.
pub type Time = u64;

impl<C: InvocationContext> cap::SchedControl<C> {
    /// Corresponds to `seL4_SchedControl_ConfigureFlags`.
    pub fn sched_control_configure_flags(
        self,
        sched_context: cap::SchedContext,
        budget: Time,
        period: Time,
        extra_refills: Word,
        badge: Badge,
        flags: Word,
    ) -> Result<()> {
        let words = [budget, period, extra_refills, badge, flags];
        self.run(Invocation::SchedControlConfigureFlags, &words, &[sched_context.bits()])
    }
}

impl<C: InvocationContext> cap::SchedContext<C> {
    /// Corresponds to `seL4_SchedContext_Bind`, of a thread or a notification.
    pub fn bind<T: CapType>(self, object: Cap<T>) -> Result<()> {
        self.run(Invocation::SchedContextBind, &[], &[object.bits()])
    }

    /// Corresponds to `seL4_SchedContext_Unbind`.
    pub fn unbind(self) -> Result<()> {
        self.run(Invocation::SchedContextUnbind, &[], &[])
    }

    /// Corresponds to `seL4_SchedContext_UnbindObject`.
    pub fn unbind_object<T: CapType>(self, object: Cap<T>) -> Result<()> {
        self.run(Invocation::SchedContextUnbindObject, &[], &[object.bits()])
    }

    /// Corresponds to `seL4_SchedContext_Consumed`.
    pub fn consumed(self) -> Result<Time> {
        self.invoke_raw(Invocation::SchedContextConsumed.label(), &[], &[])
    }

    /// Corresponds to `seL4_SchedContext_YieldTo`.
    pub fn yield_to(self) -> Result<Time> {
        self.invoke_raw(Invocation::SchedContextYieldTo.label(), &[], &[])
    }
}
