// SPDX-License-Identifier: MIT OR Apache-2.0
//! Interrupts: who may hear of them, and how.

use super::{Args, InvocationResult};
use crate::arch::InterruptController;
use crate::cap::{Cap, derivation};
use crate::cspace::lookup_empty;
use crate::error::SyscallError;
use crate::kernel::Kernel;
use crate::shared::{IrqState, NUM_IRQS};
use sel4_abi::invocation::Invocation;

/// IRQControl_Get and GetTrigger: a handler capability for one interrupt.
pub(super) fn invoke_control(args: &Args) -> InvocationResult {
    match Invocation::from_label(args.label) {
        Some(Invocation::IrqControlGet) => {
            args.require(3, 1)?;
            get(args, None, args.word(1), args.word(2))
        }
        Some(Invocation::IrqControlGetTrigger) => {
            args.require(4, 1)?;
            get(args, Some(args.word(1) != 0), args.word(2), args.word(3))
        }
        _ => Err(SyscallError::IllegalOperation),
    }
}

fn get(args: &Args, edge: Option<bool>, index: u64, depth: u64) -> InvocationResult {
    let irq = args.word(0);
    let last = NUM_IRQS as u64 - 1;
    let state = args.kernel.shared.irq_states.get(irq as usize).ok_or(SyscallError::RangeError(0, last))?;
    if state.get() != IrqState::Inactive {
        return Err(SyscallError::RevokeFirst);
    }
    let destination = lookup_empty(&args.cap(0)?.cap(), index, depth)?;
    let irq = irq as u16;
    if let Some(edge) = edge {
        args.kernel.cpu.arch.configure_irq(irq, edge);
    }
    state.set(IrqState::Signal);
    args.kernel.cpu.arch.unmask_irq(irq);
    derivation::insert(Cap::IrqHandler(irq), args.slot, destination);
    Ok(0)
}

pub(super) fn invoke_handler(args: &Args, irq: u16) -> InvocationResult {
    let kernel = args.kernel;
    match Invocation::from_label(args.label) {
        Some(Invocation::IrqHandlerAck) => kernel.cpu.arch.unmask_irq(irq),
        Some(Invocation::IrqHandlerSetNotification) => {
            let source = args.cap(0)?;
            match source.cap() {
                cap @ Cap::Notification { rights, .. } if rights.write() => {
                    kernel.clear_irq_notification(irq);
                    // Clearing may have taken the very capability along.
                    if source.cap() == cap {
                        derivation::insert(cap, source, kernel.irq_slot(irq));
                    }
                }
                _ => return Err(SyscallError::InvalidCapability(0)),
            }
        }
        Some(Invocation::IrqHandlerClear) => kernel.clear_irq_notification(irq),
        _ => return Err(SyscallError::IllegalOperation),
    }
    Ok(0)
}

impl Kernel {
    fn irq_slot(&self, irq: u16) -> crate::object::reference::Ref<crate::cap::Slot> {
        crate::object::reference::Ref::to_part(&self.shared.irq_slots[irq as usize % NUM_IRQS])
    }

    /// Signals whoever handles an interrupt; it stays masked until it is acknowledged.
    pub(crate) fn signal_irq(&self, irq: u16) {
        if let Cap::Notification { object, badge, rights } = self.irq_slot(irq).cap()
            && rights.write()
        {
            self.signal(object, badge);
        }
        self.cpu.arch.mask_irq(irq);
    }

    /// Forgets whom an interrupt signals.
    pub(crate) fn clear_irq_notification(&self, irq: u16) {
        self.delete_simple(self.irq_slot(irq));
    }

    /// The last handler capability is gone.
    pub(crate) fn release_irq(&self, irq: u16) {
        if let Some(state) = self.shared.irq_states.get(irq as usize) {
            state.set(IrqState::Inactive);
        }
        self.cpu.arch.mask_irq(irq);
    }
}
