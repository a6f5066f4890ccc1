// SPDX-License-Identifier: MIT OR Apache-2.0
//! The states that are tried: every combination of what can be told apart. The invariant says which of them count.

use debug_shim::fake::VcpuParts;
use debug_shim::{Armed, State};

use crate::arm;
use crate::hardware::{EVENT_COUNTERS, Registers};
use crate::layout::{Bank, Layout};
use crate::state::{Vcpu, effective_mdscr, guest_bits, hazard, hazards};
use crate::step::Step;
use crate::values;

/// How many values there are to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breadth {
    /// Other cores exist.
    pub many_cores: bool,
    /// Of `MDSCR_EL1`.
    pub mdscr: Mdscr,
}

/// How many values of `MDSCR_EL1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mdscr {
    /// Nothing, breakpoints on, a single step, the channel trapped, a method of entry.
    Few,
    /// All of its bits, in every combination, but of the method of entry one bit.
    EachBit,
    /// All values that a guest can have.
    All,
}

const STATES: [State; 5] = [State::Clean, State::Pending, State::Loaded, State::External, State::ExternalLoaded];
const FLAGS: [bool; 2] = [false, true];

fn mdscr_values(aarch32: bool, breadth: Mdscr) -> Vec<u64> {
    let bits = guest_bits(aarch32);
    let entry = 0x0004;
    let mut all = match breadth {
        Mdscr::Few => vec![0, arm::MDE, bits & arm::SS, arm::TDCC, bits & entry],
        Mdscr::EachBit => values::subsets(bits & (!arm::MOE | entry)),
        Mdscr::All => values::subsets(bits),
    };
    all.sort_unstable();
    all.dedup();
    // One that is not the guest's.
    all.push(arm::HDE | arm::MDE);
    all
}

/// Every vCPU, by everything that is in it.
pub fn vcpus<const N: usize>(layout: &Layout, name: usize, breadth: Breadth) -> Vec<Vcpu<N>> {
    let mut all = Vec::new();
    for (aarch32, state) in FLAGS.iter().flat_map(|&width| STATES.map(|state| (width, state))) {
        let banks: &[Bank<N>] = match state {
            State::Loaded | State::ExternalLoaded => &[values::stale(layout)],
            _ => &[values::own(layout, name), values::senseless(layout)],
        };
        for mdscr in mdscr_values(aarch32, breadth.mdscr) {
            for (os_lock, running) in FLAGS.iter().flat_map(|&lock| FLAGS.map(|running| (lock, running))) {
                for (&bank, hazards) in banks.iter().flat_map(|bank| hazard::ALL.map(move |word| (bank, word))) {
                    let parts = VcpuParts { mdscr, hazards, state, os_lock, aarch32, running };
                    all.push(Vcpu { bank, parts });
                }
            }
        }
    }
    all
}

/// Guests of which the call knows nothing: one with a step armed, a 32-bit one with its channel trapped, and one unarmed.
pub fn thirds<const N: usize>(layout: &Layout) -> Vec<Vcpu<N>> {
    let guest = |mdscr: u64, aarch32: bool| {
        let running = mdscr & !arm::MOE != 0;
        let mut parts = VcpuParts { mdscr, hazards: 0, state: State::Clean, os_lock: false, aarch32, running };
        parts.hazards = hazards(&parts);
        Vcpu { bank: values::own(layout, 2), parts }
    };
    vec![guest(arm::SS, false), guest(arm::TDCC | 0x0004, true), guest(0x0004, true)]
}

/// Who owns, who executes, what is armed.
#[derive(Clone, Copy, Debug)]
pub struct Roles {
    /// The owner.
    pub owner: Option<usize>,
    /// Whose guest executes.
    pub executing: Option<usize>,
    /// What is armed.
    pub armed: Armed,
    /// As in [`CoreState::elsewhere`].
    pub elsewhere: [bool; 3],
    /// As in [`CoreState::away`].
    pub away: [bool; 3],
}

/// All assignments of them.
pub fn roles(breadth: Breadth) -> Vec<Roles> {
    let mut all = Vec::new();
    let flags: &[bool] = if breadth.many_cores { &FLAGS } else { &FLAGS[..1] };
    let pairs: Vec<[bool; 3]> = flags.iter().flat_map(|&a| flags.iter().map(move |&b| [a, b, false])).collect();
    for owner in [None, Some(0), Some(1)] {
        for executing in [None, Some(0), Some(1), Some(2)] {
            for armed in [Armed::No, Armed::Trapped, Armed::Direct, Armed::Attached] {
                for (&elsewhere, &away) in
                    pairs.iter().flat_map(|elsewhere| pairs.iter().map(move |away| (elsewhere, away)))
                {
                    all.push(Roles { owner, executing, armed, elsewhere, away });
                }
            }
        }
    }
    all
}

/// What the hardware may hold then, and some of what it may not.
pub fn hardware<const N: usize>(layout: &Layout, roles: &Roles, vcpus: &[Vcpu<N>; 3]) -> Vec<Registers<N>> {
    let (mdcr, other) = (arm::mdcr(EVENT_COUNTERS, roles.armed), arm::mdcr(EVENT_COUNTERS, other_than(roles.armed)));
    let mdscr = mdscrs(roles.executing.map(|name| &vcpus[name].parts));
    let right = |bank: Bank<N>, mdscr: u64| Registers {
        bank,
        mdscr,
        mdcr,
        os_lock: false,
        double_lock: false,
        channel: [7, 8],
    };
    let banks = banks(layout, roles);
    let mut all: Vec<Registers<N>> =
        banks.iter().flat_map(|&bank| mdscr.iter().map(move |&mdscr| right(bank, mdscr))).collect();
    let usual = right(banks[0], mdscr[0]);
    all.extend([
        Registers { os_lock: true, ..usual },
        Registers { double_lock: true, ..usual },
        Registers { mdcr: other, ..usual },
        Registers { mdcr: mdcr ^ arm::TDE, ..usual },
        Registers { mdcr: arm::mdcr(0, roles.armed), ..usual },
    ]);
    all
}

/// One that accesses trap for, if they do not for this one, and the other way round.
fn other_than(armed: Armed) -> Armed {
    if armed == Armed::Direct { Armed::Trapped } else { Armed::Direct }
}

fn mdscrs(executing: Option<&VcpuParts>) -> Vec<u64> {
    let Some(parts) = executing else { return vec![0, 0x0004, arm::MDE] };
    let effective = effective_mdscr(parts);
    let mut all = vec![effective, 0, 0x0004, arm::MOE, effective ^ 0x0028, parts.mdscr, guest_bits(parts.aarch32), !0];
    all.sort_unstable();
    all.dedup();
    all
}

fn banks<const N: usize>(layout: &Layout, roles: &Roles) -> Vec<Bank<N>> {
    let with_vcr = |value: u64| layout.make(|place| if place == layout.vcr32() { value } else { 0 });
    match roles.owner {
        None => vec![with_vcr(0), with_vcr(0x55), values::own(layout, 1)],
        Some(owner) => vec![values::own(layout, owner), values::all_ones(layout), values::senseless(layout)],
    }
}

/// Every step with every value.
pub fn steps<const N: usize>(layout: &Layout) -> Vec<Step<N>> {
    let mut all = vec![
        Step::Enter,
        Step::EnterReady,
        Step::EnterUnused,
        Step::Leave,
        Step::Evict,
        Step::Release,
        Step::SetWidth,
        Step::Attach,
        Step::Detach,
        Step::FlagDirty,
        Step::Disarm,
    ];
    for register in values::registers(layout) {
        all.push(Step::Read(register));
        let written = values::written(layout, register);
        all.extend(written.iter().flat_map(|&value| FLAGS.map(|dirty| Step::Write(register, value, dirty))));
    }
    let banks = [values::all_ones(layout), values::senseless(layout), values::own(layout, 2)];
    all.extend(banks.map(Step::GuestBank));
    all.extend(values::subsets(arm::GUEST64).into_iter().chain([!0, arm::HDE, arm::MOE]).map(Step::GuestMdscr));
    all.extend(values::subsets(arm::MOE).into_iter().map(Step::GuestMethodOfEntry));
    all
}
