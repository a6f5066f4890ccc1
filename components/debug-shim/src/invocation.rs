// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an invocation on the VCPU capability asks: a VMM's reads and writes of a stopped vCPU.

use crate::bank::Slot;
use crate::shim::stopped;
use crate::{DEBUG_STATUS_WORDS, DebugHardware, DebugRegister, Error, Handle, Shim, State, VcpuDebug};

impl<H: Handle> Shim<H> {
    /// Reads a register of the vCPU, wherever it is.
    pub fn read(&self, vcpu: H, register: DebugRegister, hw: &impl DebugHardware) -> Result<u64, Error> {
        let debug = stopped(vcpu.debug())?;
        let slot = match register {
            DebugRegister::Mdscr => return Ok(debug.mdscr.get()),
            DebugRegister::OsLock => return Ok(debug.os_lock.get().into()),
            other => self.slot(other)?,
        };
        Ok(if self.is_on_hardware(vcpu, slot)? { slot.read(hw, self.counts.get()) } else { debug.bank.get(slot) })
    }

    /// Writes a register of the vCPU, clamped, wherever it is; and flags the state dirty if asked to.
    pub fn write(
        &self,
        vcpu: H,
        register: DebugRegister,
        value: u64,
        dirty: bool,
        hw: &impl DebugHardware,
    ) -> Result<(), Error> {
        let debug = stopped(vcpu.debug())?;
        match register {
            DebugRegister::Mdscr => debug.mdscr.set(value & debug.guest_bits()),
            DebugRegister::OsLock => debug.os_lock.set(value & 1 != 0),
            other => self.write_slot(vcpu, self.slot(other)?, value, hw)?,
        }
        if dirty {
            make_pending(debug);
        }
        debug.refresh();
        Ok(())
    }

    /// The bank goes on the hardware at the next resume.
    pub fn flag_dirty(&self, vcpu: H) -> Result<(), Error> {
        make_pending(stopped(vcpu.debug())?);
        Ok(())
    }

    /// The words of the status invocation.
    pub fn status(&self, vcpu: H) -> [u64; DEBUG_STATUS_WORDS] {
        vcpu.debug().status(self.counts.get())
    }

    fn write_slot(&self, vcpu: H, slot: Slot, value: u64, hw: &impl DebugHardware) -> Result<(), Error> {
        let value = slot.clamp(value, self.counts.get());
        if self.is_on_hardware(vcpu, slot)? {
            slot.write(hw, value);
        } else {
            vcpu.debug().bank.set(slot, value);
        }
        Ok(())
    }

    /// Is the register's true value on the hardware? A 64-bit vCPU's DBGVCR32_EL2 never is: its core may have none.
    fn is_on_hardware(&self, vcpu: H, slot: Slot) -> Result<bool, Error> {
        Ok(self.is_resident(vcpu)? && (slot != Slot::Vcr32 || vcpu.debug().aarch32.get()))
    }

    /// The slot that a message names, if this core has it.
    fn slot(&self, register: DebugRegister) -> Result<Slot, Error> {
        let counts = self.counts.get();
        let below = |n: u8, count: u8, slot: Slot| if n < count { Ok(slot) } else { Err(Error::NoSuchRegister) };
        match register {
            DebugRegister::Bvr(n) => below(n, counts.breakpoints(), Slot::Bvr(n)),
            DebugRegister::Bcr(n) => below(n, counts.breakpoints(), Slot::Bcr(n)),
            DebugRegister::Wvr(n) => below(n, counts.watchpoints(), Slot::Wvr(n)),
            DebugRegister::Wcr(n) => below(n, counts.watchpoints(), Slot::Wcr(n)),
            DebugRegister::Mdccint => Ok(Slot::Mdccint),
            DebugRegister::Claim => Ok(Slot::Claim),
            DebugRegister::Vcr32 => Ok(Slot::Vcr32),
            DebugRegister::Mdscr | DebugRegister::OsLock => Err(Error::NoSuchRegister),
        }
    }
}

/// Only what is in memory and free to go can be pending.
fn make_pending(debug: &VcpuDebug) {
    if debug.state() == State::Clean {
        debug.set_state(State::Pending);
    }
}
