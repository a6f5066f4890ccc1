// SPDX-License-Identifier: MIT OR Apache-2.0
//! The debug state of one vCPU; it lives inside the VCPU object.

use core::cell::Cell;

use lazaret_abi::{DEBUG_STATUS_WORDS, DebugStatus};

use crate::{Armed, Counts, bank::Bank, mdscr_el1};

/// Where a vCPU's bank is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum State {
    /// In memory, and nobody wants it on the hardware. Accesses trap.
    #[default]
    Clean,
    /// In memory; it goes on the hardware at the next resume.
    Pending,
    /// On the hardware of the one core that has this vCPU as owner. The copy in memory is stale.
    Loaded,
    /// An outside debugger has the vCPU: accesses trap wherever the bank is, and debug exceptions go to EL2. As
    /// [`Self::Clean`].
    External,
    /// The same, as [`Self::Loaded`].
    ExternalLoaded,
}

impl State {
    /// The bank is on the hardware of the one core that has this vCPU as owner.
    pub const fn is_loaded(self) -> bool {
        matches!(self, Self::Loaded | Self::ExternalLoaded)
    }

    /// An outside debugger has the vCPU.
    pub const fn is_external(self) -> bool {
        matches!(self, Self::External | Self::ExternalLoaded)
    }

    /// Where the bank is from now on; who has the vCPU stays.
    pub(crate) const fn with_bank(self, is_loaded: bool) -> Self {
        match (self.is_external(), is_loaded) {
            (false, false) => Self::Clean,
            (false, true) => Self::Loaded,
            (true, false) => Self::External,
            (true, true) => Self::ExternalLoaded,
        }
    }

    /// Who has the vCPU from now on; where the bank is stays.
    pub(crate) const fn with_debugger(self, is_external: bool) -> Self {
        match (is_external, self.is_loaded()) {
            (false, false) => Self::Clean,
            (false, true) => Self::Loaded,
            (true, false) => Self::External,
            (true, true) => Self::ExternalLoaded,
        }
    }
}

/// Work to do before this vCPU's guest resumes. A function of the other fields, kept as one word for the fast path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hazards(u32);

impl Hazards {
    /// Straight to `eret`.
    pub const NONE: Self = Self(0);
    /// The bank must go on the hardware, or is on some core's: then only there may the guest run. Or an outside debugger
    /// has the vCPU: then its debug exceptions must be routed.
    pub const BANK: Self = Self(1 << 0);
    /// `MDSCR_EL1` is not 0. Not said of a vCPU that is [direct](Self::DIRECT): there it always has to be written.
    pub const MDSCR: Self = Self(1 << 1);
    /// The bank is on some core's hardware, and there the guest may reach it.
    pub const DIRECT: Self = Self(1 << 2);

    /// Is there nothing to do?
    #[inline(always)]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Are all of `other` among these?
    #[inline(always)]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    #[cfg(any(test, feature = "fake"))]
    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    #[cfg(any(test, feature = "fake"))]
    pub(crate) const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    const fn with(self, other: Self, wanted: bool) -> Self {
        Self(if wanted { self.0 | other.0 } else { self.0 })
    }
}

/// One vCPU's debug registers, state and counters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VcpuDebug {
    pub(crate) bank: Bank,
    pub(crate) state: Cell<State>,
    pub(crate) mdscr: Cell<u64>,
    pub(crate) os_lock: Cell<bool>,
    pub(crate) aarch32: Cell<bool>,
    pub(crate) running: Cell<bool>,
    pub(crate) hazards: Cell<Hazards>,
    bank_loads: Cell<u64>,
    bank_saves: Cell<u64>,
    bank_accesses: Cell<u64>,
    mdscr_writes: Cell<u64>,
    exits: Cell<u64>,
}

const _: () = assert!(size_of::<VcpuDebug>() <= 700);

impl VcpuDebug {
    /// As at reset: all zero, not locked, nothing to do.
    pub const fn new() -> Self {
        Self {
            bank: Bank::new(),
            state: Cell::new(State::Clean),
            mdscr: Cell::new(0),
            os_lock: Cell::new(false),
            aarch32: Cell::new(false),
            running: Cell::new(false),
            hazards: Cell::new(Hazards::NONE),
            bank_loads: Cell::new(0),
            bank_saves: Cell::new(0),
            bank_accesses: Cell::new(0),
            mdscr_writes: Cell::new(0),
            exits: Cell::new(0),
        }
    }

    /// What [`crate::Shim::enter`] would have to do; nothing while it [is none](Hazards::is_none).
    #[inline(always)]
    pub fn hazards(&self) -> Hazards {
        self.hazards.get()
    }

    /// Where the bank is.
    pub fn state(&self) -> State {
        self.state.get()
    }

    /// Says that this vCPU's EL1 is AArch32, so that `DBGVCR32_EL2` is part of its bank. Before its first resume only.
    pub fn set_aarch32(&self, aarch32: bool) {
        self.aarch32.set(aarch32);
    }

    /// Counts an exit that the kernel handled without leaving the guest's context.
    #[inline(always)]
    pub fn count_exit(&self) {
        add(&self.exits, 1);
    }

    /// The words of the status invocation.
    pub fn status(&self, counts: Counts) -> [u64; DEBUG_STATUS_WORDS] {
        let mut words = [0; DEBUG_STATUS_WORDS];
        let state = self.state.get();
        words[DebugStatus::State as usize] = if state.is_external() { State::External } else { state } as u64;
        words[DebugStatus::Counts as usize] = counts.to_word();
        words[DebugStatus::BankLoads as usize] = self.bank_loads.get();
        words[DebugStatus::BankSaves as usize] = self.bank_saves.get();
        words[DebugStatus::BankAccesses as usize] = self.bank_accesses.get();
        words[DebugStatus::MdscrWrites as usize] = self.mdscr_writes.get();
        words[DebugStatus::Exits as usize] = self.exits.get();
        words
    }

    /// May the guest reach the hardware's bank while it runs? Then TDA is 0.
    pub(crate) fn is_direct(&self) -> bool {
        self.state.get() == State::Loaded && !self.os_lock.get()
    }

    /// What entering the guest arms, once its bank is where it belongs, without an outside debugger.
    pub(crate) fn arms(&self) -> Armed {
        if self.is_direct() { Armed::Direct } else { Armed::Trapped }
    }

    /// Must the bank be on the hardware at the next resume?
    pub(crate) fn wants_bank(&self) -> bool {
        let asked = match self.state.get() {
            State::Pending | State::Loaded | State::ExternalLoaded => true,
            State::Clean | State::External => self.mdscr.get() & mdscr_el1::NEEDS_BANK != 0,
        };
        asked && !self.is_locked()
    }

    /// Does the OS lock keep debug exceptions away? A guest's lock is none for an outside debugger: what is loaded then is
    /// what that one's VMM has put together.
    fn is_locked(&self) -> bool {
        self.os_lock.get() && !self.state.get().is_external()
    }

    /// What of `MDSCR_EL1` is the guest's.
    pub(crate) fn guest_bits(&self) -> u64 {
        if self.aarch32.get() { mdscr_el1::GUEST32 } else { mdscr_el1::GUEST }
    }

    /// What `MDSCR_EL1` holds while the guest runs.
    pub(crate) fn effective_mdscr(&self) -> u64 {
        let guest_bits = self.guest_bits();
        self.mdscr.get() & if self.is_locked() { guest_bits & !mdscr_el1::EXCEPTIONS } else { guest_bits }
    }

    /// Brings the hazards word up to date. Due after each change of state, MDSCR or OS lock.
    pub(crate) fn refresh(&self) {
        let state = self.state.get();
        if state.is_external() {
            // Known at once, so that others do not pay for it.
            let has_mdscr = self.effective_mdscr() & !mdscr_el1::MOE != 0;
            return self.hazards.set(Hazards::BANK.with(Hazards::MDSCR, has_mdscr));
        }
        let (bank, direct) = (self.wants_bank() || state.is_loaded(), self.is_direct());
        // Reads of MOE trap unless the bank is there.
        let mdscr = !direct && self.effective_mdscr() & !mdscr_el1::MOE != 0;
        let hazards = Hazards::NONE.with(Hazards::BANK, bank).with(Hazards::MDSCR, mdscr);
        self.hazards.set(hazards.with(Hazards::DIRECT, direct));
    }

    /// The guest, with the bank in its hands, has left this in `MDSCR_EL1`. The hazards are those of any direct vCPU.
    #[inline(always)]
    pub(crate) fn keep_mdscr(&self, value: u64) {
        self.mdscr.set(value);
    }

    pub(crate) fn set_state(&self, state: State) {
        self.state.set(state);
        self.refresh();
    }

    /// Everything that a guest could have left, gone; the counters stay.
    pub(crate) fn scrub(&self) {
        self.bank.clear();
        self.mdscr.set(0);
        self.os_lock.set(false);
        self.running.set(false);
        self.set_state(State::Clean);
    }

    pub(crate) fn count_load(&self, accesses: u64) {
        add(&self.bank_loads, 1);
        add(&self.bank_accesses, accesses);
    }

    pub(crate) fn count_save(&self, accesses: u64) {
        add(&self.bank_saves, 1);
        add(&self.bank_accesses, accesses);
    }

    /// One at the resume, one at the exit.
    #[inline(always)]
    pub(crate) fn count_mdscr_writes(&self) {
        add(&self.mdscr_writes, 2);
    }
}

#[inline(always)]
fn add(counter: &Cell<u64>, by: u64) {
    counter.set(counter.get().wrapping_add(by));
}
