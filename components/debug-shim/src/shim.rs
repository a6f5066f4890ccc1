// SPDX-License-Identifier: MIT OR Apache-2.0
//! One core's shim: who owns the bank on the hardware, and the moves between the states.

use core::cell::Cell;

use crate::bank::{self, Slot};
use crate::{
    Counts, DEBUG_STATUS_WORDS, DebugHardware, DebugRegister, Register, State, VcpuDebug, mdcr_el2, mdscr_el1,
};

/// How the kernel refers to a VCPU object. Two handles are equal if they mean the same object.
pub trait Handle: Copy + PartialEq {
    /// The object's debug state.
    fn debug(&self) -> &VcpuDebug;
}

/// Why the shim refused. Nothing has happened then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// This core has no register of that index.
    NoSuchRegister,
    /// The bank is on another core's hardware: [`Shim::evict`] there comes first.
    Elsewhere,
    /// The guest is running.
    Running,
    /// An outside debugger has the vCPU already, or has it not.
    External,
}

/// What the guest that runs on this core can do to the debug registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Armed {
    /// MDSCR is 0, accesses trap. Also between guests.
    #[default]
    No,
    /// MDSCR is not 0, accesses trap.
    Trapped,
    /// The bank is the guest's, accesses go to the hardware.
    Direct,
}

/// The state of one core.
pub struct Shim<H> {
    pub(crate) owner: Cell<Option<H>>,
    pub(crate) armed: Cell<Armed>,
    pub(crate) counts: Cell<Counts>,
    pub(crate) event_counters: Cell<u8>,
}

impl<H: Handle> Default for Shim<H> {
    fn default() -> Self {
        Self::new()
    }
}

impl<H: Handle> Shim<H> {
    /// A core before [`Self::init_core`]: it has no registers, so every access is refused.
    pub const fn new() -> Self {
        Self {
            owner: Cell::new(None),
            armed: Cell::new(Armed::No),
            counts: Cell::new(Counts::NONE),
            event_counters: Cell::new(0),
        }
    }

    /// Makes a core's debug registers known, whatever the firmware left. Nothing can fire once the first write is done;
    /// the locks go last, because a lock hides what is enabled behind it.
    pub fn init_core(&self, hw: &impl DebugHardware) {
        self.counts.set(hw.counts());
        self.event_counters.set(hw.event_counters());
        hw.write(Register::Mdscr, 0);
        self.write_mdcr(hw, true);
        hw.synchronize();
        bank::scrub(hw, self.counts.get(), false);
        hw.write(Register::Osdlr, 0);
        bank::scrub_channel(hw);
        self.owner.set(None);
        self.armed.set(Armed::No);
    }

    /// How much this core has.
    pub fn counts(&self) -> Counts {
        self.counts.get()
    }

    /// Whose bank is on the hardware.
    pub fn owner(&self) -> Option<H> {
        self.owner.get()
    }

    /// What the running guest can do.
    pub fn armed(&self) -> Armed {
        self.armed.get()
    }

    /// The core is about to run this vCPU's guest.
    ///
    /// Refuses if the bank is on another core; then the guest must not run.
    pub fn enter(&self, vcpu: H, hw: &impl DebugHardware) -> Result<(), Error> {
        let debug = vcpu.debug();
        if debug.hazards().is_none() {
            return Ok(());
        }
        if !self.is_resident(vcpu)? && debug.wants_bank() {
            self.take_bank(vcpu, hw);
        }
        debug.running.set(true);
        if debug.is_direct() {
            self.write_mdcr(hw, false);
            self.armed.set(Armed::Direct);
        } else {
            self.armed.set(Armed::Trapped);
        }
        hw.write(Register::Mdscr, debug.effective_mdscr());
        debug.count_mdscr_write();
        Ok(())
    }

    /// The core stops running this vCPU's guest. Whatever comes next (a native thread, idle, another vCPU) finds MDSCR 0
    /// and the trap set; the bank stays.
    pub fn leave_to_native(&self, vcpu: H, hw: &impl DebugHardware) {
        let debug = vcpu.debug();
        debug.count_exit();
        if self.armed.get() == Armed::No {
            return;
        }
        if self.armed.get() == Armed::Direct {
            debug.mdscr.set(hw.read(Register::Mdscr) & mdscr_el1::GUEST);
            debug.refresh();
        }
        debug.running.set(false);
        debug.count_mdscr_write();
        self.disarm(hw);
    }

    /// Nothing fires from here on and every access traps. Needs no vCPU: the panic path calls it as well.
    pub fn disarm(&self, hw: &impl DebugHardware) {
        hw.write(Register::Mdscr, 0);
        if self.armed.replace(Armed::No) == Armed::Direct {
            self.write_mdcr(hw, true);
        }
    }

    /// Reads a register of the vCPU, wherever it is.
    pub fn read(&self, vcpu: H, register: DebugRegister, hw: &impl DebugHardware) -> Result<u64, Error> {
        let debug = stopped(vcpu.debug())?;
        let slot = match register {
            DebugRegister::Mdscr => return Ok(debug.mdscr.get()),
            DebugRegister::OsLock => return Ok(debug.os_lock.get().into()),
            other => self.slot(other)?,
        };
        Ok(if self.is_resident(vcpu)? { slot.read(hw, self.counts.get()) } else { debug.bank.get(slot) })
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
            DebugRegister::Mdscr => debug.mdscr.set(value & mdscr_el1::GUEST),
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

    /// Puts the bank that is on this core back in memory, so that its vCPU can go to another core.
    pub fn evict(&self, hw: &impl DebugHardware) -> Result<(), Error> {
        let Some(owner) = self.owner.get() else { return Ok(()) };
        stopped(owner.debug())?;
        self.park(owner, hw);
        bank::scrub(hw, self.counts.get(), owner.debug().aarch32.get());
        Ok(())
    }

    /// The vCPU is deleted or reset: afterwards neither the object nor the hardware holds anything of its guest.
    pub fn release(&self, vcpu: H, hw: &impl DebugHardware) -> Result<(), Error> {
        let debug = vcpu.debug();
        if self.is_resident(vcpu)? {
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

    /// An outside debugger takes the vCPU: its guest's breakpoints stay in memory until [`Self::detach_external`].
    pub fn attach_external(&self, vcpu: H, hw: &impl DebugHardware) -> Result<(), Error> {
        let debug = stopped(vcpu.debug())?;
        if debug.state() == State::External {
            return Err(Error::External);
        }
        if self.is_resident(vcpu)? {
            self.evict(hw)?;
        }
        debug.set_state(State::External);
        Ok(())
    }

    /// The outside debugger lets go; the guest's own debugging resumes as if nothing had been.
    pub fn detach_external(&self, vcpu: H) -> Result<(), Error> {
        let debug = stopped(vcpu.debug())?;
        if debug.state() != State::External {
            return Err(Error::External);
        }
        debug.set_state(State::Clean);
        Ok(())
    }

    /// Makes `vcpu` the owner: the last owner's bank to memory, this one's to the hardware.
    fn take_bank(&self, vcpu: H, hw: &impl DebugHardware) {
        if let Some(owner) = self.owner.get() {
            self.park(owner, hw);
        }
        let debug = vcpu.debug();
        bank::scrub_channel(hw);
        debug.count_load(debug.bank.load(hw, self.counts.get(), debug.aarch32.get()));
        self.owner.set(Some(vcpu));
        debug.set_state(State::Loaded);
    }

    /// The owner's bank to memory. It comes back by itself if its guest has debugging enabled.
    fn park(&self, owner: H, hw: &impl DebugHardware) {
        let debug = owner.debug();
        debug.count_save(debug.bank.save(hw, self.counts.get(), debug.aarch32.get()));
        self.owner.set(None);
        debug.set_state(State::Clean);
    }

    /// Is the bank on this core's hardware?
    fn is_resident(&self, vcpu: H) -> Result<bool, Error> {
        match (vcpu.debug().state(), self.owner.get() == Some(vcpu)) {
            (State::Loaded, true) => Ok(true),
            (State::Loaded, false) => Err(Error::Elsewhere),
            (_, _) => Ok(false),
        }
    }

    fn write_slot(&self, vcpu: H, slot: Slot, value: u64, hw: &impl DebugHardware) -> Result<(), Error> {
        let value = slot.clamp(value, self.counts.get());
        if self.is_resident(vcpu)? {
            slot.write(hw, value);
        } else {
            vcpu.debug().bank.set(slot, value);
        }
        Ok(())
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

    fn write_mdcr(&self, hw: &impl DebugHardware, trap_debug_access: bool) {
        hw.write(Register::Mdcr, mdcr_el2::value(self.event_counters.get(), trap_debug_access));
    }
}

/// A vCPU whose guest runs has its registers on the hardware; nobody else may look then.
fn stopped(debug: &VcpuDebug) -> Result<&VcpuDebug, Error> {
    if debug.running.get() { Err(Error::Running) } else { Ok(debug) }
}

/// Only what is in memory and free to go can be pending.
fn make_pending(debug: &VcpuDebug) {
    if debug.state() == State::Clean {
        debug.set_state(State::Pending);
    }
}
