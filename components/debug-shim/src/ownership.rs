// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bank taken away from its core: for another core, for good, or by an outside debugger.

use crate::shim::stopped;
use crate::{Armed, DebugHardware, Error, Handle, Shim, bank};

impl<H: Handle> Shim<H> {
    /// Puts the bank that is on this core back in memory, so that its vCPU can go to another core.
    pub fn evict(&self, hw: &impl DebugHardware) -> Result<(), Error> {
        let Some(owner) = self.owner.get() else { return Ok(()) };
        stopped(owner.debug())?;
        self.park(owner, hw);
        bank::scrub(hw, self.counts.get(), owner.debug().aarch32.get());
        Ok(())
    }

    /// The vCPU is deleted or reset: afterwards neither the object nor the hardware holds anything of its guest.
    ///
    /// Its own guest may be running here, another one may not.
    pub fn release(&self, vcpu: H, hw: &impl DebugHardware) -> Result<(), Error> {
        let debug = vcpu.debug();
        let resident = self.is_resident(vcpu)?;
        if self.armed() != Armed::No && !debug.running.get() {
            return Err(Error::Running);
        }
        if resident {
            self.disarm(hw);
            bank::scrub(hw, self.counts.get(), debug.aarch32.get());
            bank::scrub_channel(hw);
            self.owner.set(None);
        } else if debug.running.get() {
            self.disarm(hw);
        }
        debug.scrub();
        Ok(())
    }

    /// An outside debugger takes the vCPU. From here on the VMM writes what is on the hardware while the guest runs, of the
    /// guest's registers and of the debugger's: each of the guest's accesses traps, and its debug exceptions with them.
    pub fn attach_external(&self, vcpu: H) -> Result<(), Error> {
        let debug = stopped(vcpu.debug())?;
        if debug.state().is_external() {
            return Err(Error::External);
        }
        self.is_resident(vcpu)?;
        debug.set_state(debug.state().with_debugger(true));
        Ok(())
    }

    /// The outside debugger lets go: the registers, as they are then, are the guest's.
    pub fn detach_external(&self, vcpu: H) -> Result<(), Error> {
        let debug = stopped(vcpu.debug())?;
        if !debug.state().is_external() {
            return Err(Error::External);
        }
        debug.set_state(debug.state().with_debugger(false));
        Ok(())
    }
}
