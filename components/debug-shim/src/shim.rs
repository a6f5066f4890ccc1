// SPDX-License-Identifier: MIT OR Apache-2.0
//! One core's shim: who owns the bank on the hardware, and the moves between the states.

use core::cell::Cell;

use crate::{Counts, DebugHardware, Hazards, Register, VcpuDebug, bank, mdcr_el2, mdscr_el1};

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
    /// The guest is running, or another one is and would be disturbed.
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
    /// As [`Self::Trapped`], and debug exceptions go to EL2: an outside debugger has the vCPU.
    Attached,
}

/// A vCPU of which nothing has to move before its guest runs. Good until the next call that concerns its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready<H> {
    vcpu: H,
    /// The bank is here, and its own; otherwise it does not debug.
    owned: bool,
}

impl<H> Ready<H> {
    /// It does not debug: entering it writes nothing.
    #[inline(always)]
    pub fn is_unused(&self) -> bool {
        !self.owned
    }
}

/// Proof that a vCPU's debug registers are as its guest has to find them. Only the shim makes it, when the core enters
/// the guest; whoever opens the core to a guest asks for it, so that one whose entry was refused cannot run.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a guest runs only with this: without it nothing was entered"]
pub struct MayRun<H>(H);

impl<H: Copy> MayRun<H> {
    /// The vCPU that was entered.
    #[inline(always)]
    pub fn vcpu(&self) -> H {
        self.0
    }
}

/// The state of one core.
pub struct Shim<H> {
    pub(crate) owner: Cell<Option<H>>,
    pub(crate) armed: Cell<Armed>,
    pub(crate) counts: Cell<Counts>,
    /// MDCR_EL2 while a guest has the bank in its hands.
    pub(crate) mdcr: Cell<u64>,
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
            mdcr: Cell::new(mdcr_el2::value(0)),
        }
    }

    /// Makes a core's debug registers known, whatever the firmware left. Nothing can fire once the first write is done;
    /// the locks go last, because a lock hides what is enabled behind it.
    pub fn init_core(&self, hw: &impl DebugHardware) {
        self.counts.set(hw.counts());
        self.mdcr.set(mdcr_el2::value(hw.event_counters()));
        hw.write(Register::Mdscr, 0);
        self.write_mdcr(hw, mdcr_el2::TDA);
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
    #[inline]
    pub fn enter(&self, vcpu: H, hw: &impl DebugHardware) -> Result<MayRun<H>, Error> {
        match self.ready(vcpu) {
            Some(ready) => Ok(self.enter_ready(ready, hw)),
            None => self.prepare(vcpu, hw),
        }
    }

    /// Whether [`Self::enter`] has nothing to move.
    #[inline(always)]
    pub fn ready(&self, vcpu: H) -> Option<Ready<H>> {
        let hazards = vcpu.debug().hazards();
        if hazards.is_none() {
            Some(Ready { vcpu, owned: false })
        } else if hazards.contains(Hazards::DIRECT) && self.owner.get() == Some(vcpu) {
            Some(Ready { vcpu, owned: true })
        } else {
            None
        }
    }

    /// [`Self::enter`] of a vCPU that is [`Self::ready`].
    #[inline(always)]
    pub fn enter_ready(&self, ready: Ready<H>, hw: &impl DebugHardware) -> MayRun<H> {
        let Ready { vcpu, owned } = ready;
        if owned {
            self.arm(vcpu.debug(), Armed::Direct, vcpu.debug().mdscr.get(), hw);
        }
        MayRun(vcpu)
    }

    #[inline(never)]
    fn prepare(&self, vcpu: H, hw: &impl DebugHardware) -> Result<MayRun<H>, Error> {
        let debug = vcpu.debug();
        if debug.state().is_external() {
            return self.prepare_attached(vcpu, hw);
        }
        // One that is resident and wants its bank has been ready.
        self.is_resident(vcpu)?;
        if debug.wants_bank() {
            self.take_bank(vcpu, hw);
        }
        self.arm(debug, debug.arms(), debug.effective_mdscr(), hw);
        Ok(MayRun(vcpu))
    }

    /// The same with an outside debugger, apart, so that others do not pay for it: never direct, so never ready.
    #[cold]
    #[inline(never)]
    fn prepare_attached(&self, vcpu: H, hw: &impl DebugHardware) -> Result<MayRun<H>, Error> {
        let debug = vcpu.debug();
        if !self.is_resident(vcpu)? && debug.wants_bank() {
            self.take_bank(vcpu, hw);
        }
        self.arm(debug, Armed::Attached, debug.effective_mdscr(), hw);
        Ok(MayRun(vcpu))
    }

    #[inline(always)]
    fn arm(&self, debug: &VcpuDebug, armed: Armed, mdscr: u64, hw: &impl DebugHardware) {
        debug.running.set(true);
        match armed {
            Armed::Direct => self.write_mdcr(hw, 0),
            Armed::Attached => self.write_mdcr(hw, mdcr_el2::TDA | mdcr_el2::TDE),
            Armed::Trapped | Armed::No => {}
        }
        self.armed.set(armed);
        hw.write(Register::Mdscr, mdscr);
    }

    /// The core stops running this vCPU's guest. Whatever comes next (a native thread, idle, another vCPU) finds MDSCR 0
    /// and the trap set; the bank stays.
    #[inline(always)]
    pub fn leave_to_native(&self, vcpu: H, hw: &impl DebugHardware) {
        let debug = vcpu.debug();
        debug.count_exit();
        if debug.aarch32.get() {
            self.leave_aarch32(debug, hw);
        } else {
            self.disarm_guest(debug, mdscr_el1::GUEST, hw);
        }
    }

    #[inline(never)]
    fn leave_aarch32(&self, debug: &VcpuDebug, hw: &impl DebugHardware) {
        self.keep_method_of_entry(debug, hw);
        self.disarm_guest(debug, mdscr_el1::GUEST32, hw);
    }

    /// `guest_bits`: what of MDSCR is the guest's.
    #[inline(always)]
    fn disarm_guest(&self, debug: &VcpuDebug, guest_bits: u64, hw: &impl DebugHardware) {
        let armed = self.armed.get();
        if armed == Armed::No {
            return;
        }
        match armed {
            Armed::Direct => {
                debug.keep_mdscr(hw.read(Register::Mdscr) & guest_bits);
                self.write_mdcr(hw, mdcr_el2::TDA);
            }
            Armed::Attached => self.write_mdcr(hw, mdcr_el2::TDA),
            Armed::Trapped | Armed::No => {}
        }
        debug.running.set(false);
        debug.count_mdscr_writes();
        hw.write(Register::Mdscr, 0);
        self.armed.set(Armed::No);
    }

    /// A 32-bit EL1 may have taken a debug exception while `MDSCR_EL1` was not its own to read: BKPT always works.
    fn keep_method_of_entry(&self, debug: &VcpuDebug, hw: &impl DebugHardware) {
        if self.armed.get() == Armed::Direct {
            return;
        }
        let entry = hw.read(Register::Mdscr) & mdscr_el1::MOE;
        if entry == 0 {
            return;
        }
        debug.mdscr.set(debug.mdscr.get() & !mdscr_el1::MOE | entry);
        if self.armed.get() == Armed::No {
            hw.write(Register::Mdscr, 0);
        }
    }

    /// Nothing fires from here on and every access traps. Needs no vCPU: the panic path calls it as well.
    pub fn disarm(&self, hw: &impl DebugHardware) {
        hw.write(Register::Mdscr, 0);
        if matches!(self.armed.replace(Armed::No), Armed::Direct | Armed::Attached) {
            self.write_mdcr(hw, mdcr_el2::TDA);
        }
    }

    /// Makes `vcpu` the owner: the last owner's bank to memory, this one's to the hardware.
    #[inline(always)]
    fn take_bank(&self, vcpu: H, hw: &impl DebugHardware) {
        if let Some(owner) = self.owner.get() {
            self.park(owner, hw);
        }
        let debug = vcpu.debug();
        bank::scrub_channel(hw);
        debug.count_load(debug.bank.load(hw, self.counts.get(), debug.aarch32.get()));
        self.owner.set(Some(vcpu));
        debug.set_state(debug.state().with_bank(true));
    }

    /// The owner's bank to memory. It comes back by itself if its guest has debugging enabled.
    pub(crate) fn park(&self, owner: H, hw: &impl DebugHardware) {
        let debug = owner.debug();
        debug.count_save(debug.bank.save(hw, self.counts.get(), debug.aarch32.get()));
        self.owner.set(None);
        debug.set_state(debug.state().with_bank(false));
    }

    /// Is the bank on this core's hardware?
    pub(crate) fn is_resident(&self, vcpu: H) -> Result<bool, Error> {
        match (vcpu.debug().state().is_loaded(), self.owner.get() == Some(vcpu)) {
            (true, true) => Ok(true),
            (true, false) => Err(Error::Elsewhere),
            (false, _) => Ok(false),
        }
    }

    /// `more`: what is set beside what always is.
    #[inline(always)]
    fn write_mdcr(&self, hw: &impl DebugHardware, more: u64) {
        hw.write(Register::Mdcr, self.mdcr.get() | more);
    }
}

/// A vCPU whose guest runs has its registers on the hardware; nobody else may look then.
pub(crate) fn stopped(debug: &VcpuDebug) -> Result<&VcpuDebug, Error> {
    if debug.running.get() { Err(Error::Running) } else { Ok(debug) }
}
