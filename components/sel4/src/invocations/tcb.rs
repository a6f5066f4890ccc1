// SPDX-License-Identifier: MIT OR Apache-2.0
//! Invocations of threads.

use crate::{
    CNodeCapData, CPtr, InvocationContext, Result, UserContext, Word, cap,
    sys::{invocation::Invocation, user_context::NUM_REGISTERS},
};

/// Flags of a thread. Corresponds to `seL4_TCBFlag`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TcbFlagsBuilder(Word);

impl TcbFlagsBuilder {
    const FPU_DISABLED: Word = 1;

    /// No flag.
    pub const fn new() -> Self {
        Self(0)
    }

    /// The word.
    pub const fn build(self) -> Word {
        self.0
    }

    /// Whether the thread may not touch the FPU.
    #[must_use]
    pub const fn fpu_disabled(self, value: bool) -> Self {
        Self(if value { self.0 | Self::FPU_DISABLED } else { self.0 & !Self::FPU_DISABLED })
    }
}

impl<C: InvocationContext> cap::Tcb<C> {
    /// Corresponds to `seL4_TCB_ReadRegisters`.
    pub fn tcb_read_registers(self, suspend: bool, count: Word) -> Result<UserContext> {
        let label = Invocation::TcbReadRegisters.label();
        self.invoke_with(label, &[suspend.into(), count], &[], |ipc_buffer| {
            let mut context = UserContext::default();
            let count = (count as usize).min(NUM_REGISTERS);
            context.inner_mut()[..count].copy_from_slice(&ipc_buffer.msg_regs()[..count]);
            context
        })
    }

    /// All of them.
    pub fn tcb_read_all_registers(self, suspend: bool) -> Result<UserContext> {
        self.tcb_read_registers(suspend, NUM_REGISTERS as Word)
    }

    /// Corresponds to `seL4_TCB_WriteRegisters`.
    pub fn tcb_write_registers(self, resume: bool, count: Word, regs: &UserContext) -> Result<()> {
        let mut words = [0; 2 + NUM_REGISTERS];
        words[..2].copy_from_slice(&[resume.into(), count]);
        let count = (count as usize).min(NUM_REGISTERS);
        words[2..2 + count].copy_from_slice(&regs.inner()[..count]);
        self.run(Invocation::TcbWriteRegisters, &words[..2 + count], &[])
    }

    /// All of them.
    pub fn tcb_write_all_registers(self, resume: bool, regs: &UserContext) -> Result<()> {
        self.tcb_write_registers(resume, NUM_REGISTERS as Word, regs)
    }

    /// Corresponds to `seL4_TCB_CopyRegisters`.
    pub fn tcb_copy_registers(
        self,
        source: cap::Tcb,
        suspend_source: bool,
        resume_target: bool,
        transfer_frame: bool,
        transfer_integer: bool,
    ) -> Result<()> {
        let flags = [suspend_source, resume_target, transfer_frame, transfer_integer];
        let word = flags.iter().enumerate().fold(0, |word, (bit, flag)| word | (Word::from(*flag) << bit));
        self.run(Invocation::TcbCopyRegisters, &[word], &[source.bits()])
    }

    /// Corresponds to `seL4_TCB_Resume`.
    pub fn tcb_resume(self) -> Result<()> {
        self.run(Invocation::TcbResume, &[], &[])
    }

    /// Corresponds to `seL4_TCB_Suspend`.
    pub fn tcb_suspend(self) -> Result<()> {
        self.run(Invocation::TcbSuspend, &[], &[])
    }

    /// Corresponds to `seL4_TCB_SetPriority`.
    pub fn tcb_set_priority(self, authority: cap::Tcb, priority: Word) -> Result<()> {
        self.run(Invocation::TcbSetPriority, &[priority], &[authority.bits()])
    }

    /// Corresponds to `seL4_TCB_SetMCPriority`.
    pub fn tcb_set_mc_priority(self, authority: cap::Tcb, mcp: Word) -> Result<()> {
        self.run(Invocation::TcbSetMCPriority, &[mcp], &[authority.bits()])
    }

    /// Corresponds to `seL4_TCB_SetFlags`; the flags afterwards.
    pub fn tcb_set_flags(self, clear: Word, set: Word) -> Result<Word> {
        self.invoke_raw(Invocation::TcbSetFlags.label(), &[clear, set], &[])
    }

    /// Corresponds to `seL4_TCB_Configure`.
    pub fn tcb_configure(
        self,
        cspace_root: cap::CNode,
        cspace_root_data: CNodeCapData,
        vspace_root: cap::VSpace,
        ipc_buffer: Word,
        ipc_buffer_frame: cap::Granule,
    ) -> Result<()> {
        let words = [cspace_root_data.into_word(), 0, ipc_buffer];
        let caps = [cspace_root.bits(), vspace_root.bits(), ipc_buffer_frame.bits()];
        self.run(Invocation::TcbConfigure, &words, &caps)
    }

    /// Corresponds to `seL4_TCB_SetIPCBuffer`.
    pub fn tcb_set_ipc_buffer(self, ipc_buffer: usize, frame: cap::Granule) -> Result<()> {
        self.run(Invocation::TcbSetIPCBuffer, &[ipc_buffer as Word], &[frame.bits()])
    }

    /// Corresponds to `seL4_TCB_SetSpace`.
    pub fn tcb_set_space(
        self,
        fault_ep: CPtr,
        cspace_root: cap::CNode,
        cspace_root_data: CNodeCapData,
        vspace_root: cap::VSpace,
    ) -> Result<()> {
        let caps = [fault_ep.bits(), cspace_root.bits(), vspace_root.bits()];
        self.run(Invocation::TcbSetSpace, &[cspace_root_data.into_word(), 0], &caps)
    }

    /// Corresponds to `seL4_TCB_SetSchedParams`; null capabilities clear what was there.
    pub fn tcb_set_sched_params(
        self,
        authority: cap::Tcb,
        mcp: Word,
        priority: Word,
        sched_context: cap::SchedContext,
        fault_ep: cap::Endpoint,
    ) -> Result<()> {
        let caps = [authority.bits(), sched_context.bits(), fault_ep.bits()];
        self.run(Invocation::TcbSetSchedParams, &[mcp, priority], &caps)
    }

    /// Corresponds to `seL4_TCB_SetTimeoutEndpoint`.
    pub fn tcb_set_timeout_endpoint(self, timeout_endpoint: cap::Endpoint) -> Result<()> {
        self.run(Invocation::TcbSetTimeoutEndpoint, &[], &[timeout_endpoint.bits()])
    }

    /// Corresponds to `seL4_TCB_SetTLSBase`.
    pub fn tcb_set_tls_base(self, tls_base: Word) -> Result<()> {
        self.run(Invocation::TcbSetTLSBase, &[tls_base], &[])
    }

    /// Corresponds to `seL4_TCB_BindNotification`.
    pub fn tcb_bind_notification(self, notification: cap::Notification) -> Result<()> {
        self.run(Invocation::TcbBindNotification, &[], &[notification.bits()])
    }

    /// Corresponds to `seL4_TCB_UnbindNotification`.
    pub fn tcb_unbind_notification(self) -> Result<()> {
        self.run(Invocation::TcbUnbindNotification, &[], &[])
    }
}
