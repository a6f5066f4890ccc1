// SPDX-License-Identifier: MIT OR Apache-2.0
//! Interrupts that reach a vCPU without an invocation of its VMM: which list registers are the kernel's for that, and the
//! interrupt that a reply carries.

use super::{Vcpu, prepared_timer};
use crate::arch::VirtualGic;
use crate::error::SyscallError;
use crate::kernel::Kernel;
use crate::object::notification::NotificationState;
use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use crate::object::vgic::{self, Injection, OutOfRange};
use lazaret_abi::fault_context;

impl Vcpu {
    /// The kernel fills this list register by itself, and nobody else does.
    #[inline(always)]
    pub fn is_kernels(&self, index: u8) -> bool {
        self.kernels.get() >> index & 1 != 0
    }

    /// Which these are: the prepared timer's, and the bound notification's.
    pub(super) fn count_kernels(&self) {
        let timers = (self.prepared_timer.get() != 0).then_some(prepared_timer::LIST_REGISTER);
        let all = timers.into_iter().chain(self.binding.list_register());
        self.kernels.set(all.fold(0, |bits, index| bits | 1 << index));
    }
}

/// What became of the interrupt that a reply carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Injected {
    /// There was none, or no vCPU for it.
    Nothing,
    /// The guest has it.
    Put,
    /// It cannot be there: the word of the VGICMaintenance that says so.
    Refused(u64),
}

/// The word of VCPU_InjectIRQ, checked.
pub(super) fn injection(kernel: &Kernel, word: u64) -> Result<Injection, SyscallError> {
    Injection::from_word(word, kernel.cpu.arch.list_registers())
        .map_err(|OutOfRange(least, greatest)| SyscallError::RangeError(least, greatest))
}

/// A guest's exit takes the slow path: what it has done without one is looked at.
#[inline(always)]
pub fn at_slow_exit(kernel: &Kernel, guest: Ref<Tcb>) {
    if let Some(vcpu) = guest.vcpu.get()
        && vcpu.kernels.get() != 0
    {
        look(kernel, vcpu);
    }
}

#[cold]
#[inline(never)]
fn look(kernel: &Kernel, vcpu: Ref<Vcpu>) {
    kernel.resample_timer(vcpu);
    kernel.keep_timer(vcpu);
    if let Some(notification) = vcpu.binding.notification.get()
        && notification.state.get() == NotificationState::Active
        && kernel.inject_bound(vcpu)
    {
        notification.state.set(NotificationState::Idle);
    }
}

impl Kernel {
    /// Puts the interrupt that the reply to a guest's fault carries in its list register.
    pub(crate) fn take_injection(&self, label: u64, guest: Ref<Tcb>) -> Injected {
        match (fault_context::injection(label), guest.vcpu.get()) {
            (Some(word), Some(vcpu)) if self.put_injection(vcpu, word) => Injected::Put,
            (Some(word), Some(_)) => Injected::Refused(fault_context::refused_injection(word)),
            _ => Injected::Nothing,
        }
    }

    fn put_injection(&self, vcpu: Ref<Vcpu>, word: u64) -> bool {
        let Ok(injection) = injection(self, word) else { return false };
        let arch = &self.cpu.arch;
        let joined = vgic::joined(arch.list_register(vcpu, injection.index), injection.list_register());
        match joined {
            Some(value) if !vcpu.is_kernels(injection.index) => {
                arch.set_list_register(vcpu, injection.index, value);
                true
            }
            _ => false,
        }
    }

    /// An interrupt that the kernel has put there waits to be taken: a wait for one is over before it begins.
    pub(crate) fn has_own_interrupt(&self, vcpu: Ref<Vcpu>) -> bool {
        let arch = &self.cpu.arch;
        let is_there = |index| vcpu.is_kernels(index) && vgic::is_pending(arch.list_register(vcpu, index));
        vcpu.kernels.get() != 0 && (0..arch.list_registers()).any(is_there)
    }
}
