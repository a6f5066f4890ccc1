// SPDX-License-Identifier: MIT OR Apache-2.0
//! P1 to P19, as far as they speak of a state.

use debug_registers::{Access, Outcome};
use debug_shim::{State, mdcr_el2, mdscr_el1};
use esr::SysReg;
use stateright::Property;

use crate::machine::{Machine, restore};
use crate::state::{Core, EVENT_COUNTERS};
use crate::vmm::{CLAIM_CLEAR, DBGBVR0, MDSCR};
use crate::{Events, System, SystemState};

const HMC_SSC: u64 = 0b111 << 13;
const CLAIM: usize = 5;
const CHANNEL: usize = 6;

/// All of them. The `sometimes` ones show that the interesting states were reached.
pub fn properties(events: Events) -> Vec<Property<System>> {
    let mut all = vec![
        always("P1 an open bank is the running guest's", |_, s| s.cores.iter().all(|core| p1(s, core))),
        always("P2 P3 a guest finds what it wrote last", |_, s| p2_p3(s)),
        always("P4 native code is disarmed and trapped", |_, s| s.cores.iter().all(p4)),
        always("P5 P6 P14 P17 rules about steps", |_, s| s.broken.is_none()),
        always("P7 nobody's bank is empty", |_, s| s.cores.iter().all(p7)),
        always("P8 one owner", |_, s| p8(s)),
        always("P9 enabled means loaded", |_, s| s.cores.iter().all(|core| p9(s, core))),
        always("P10 the hardware's locks are open", |_, s| s.cores.iter().all(|core| !core.registers.locked)),
        always("P11 MDCR_EL2 is a function of the state", |_, s| s.cores.iter().all(p11)),
        always("P12 P13 lock and outside debugger keep exceptions away", |_, s| {
            s.cores.iter().all(|core| p12_p13(s, core))
        }),
        always("P15 nothing beyond the clamp", |_, s| s.cores.iter().all(p15)),
        sometimes("a bank loaded", |_, s| s.vcpus.iter().any(|v| v.state() == State::Loaded)),
        sometimes("debugging enabled, bank taken away", |_, s| {
            (0..s.vcpus.len()).any(|v| s.ghosts[v].mdscr & mdscr_el1::NEEDS_BANK != 0 && !s.is_loaded(v))
        }),
    ];
    if events.os_lock {
        all.push(sometimes("locked while loaded", |_, s| {
            s.vcpus.iter().any(|v| v.os_lock() && v.state() == State::Loaded)
        }));
    }
    if events.hostile_vmm {
        all.push(sometimes("pending", |_, s| s.vcpus.iter().any(|v| v.state() == State::Pending)));
    }
    if events.outside_debugger {
        all.push(sometimes("external", |_, s| s.vcpus.iter().any(|v| v.state() == State::External)));
    }
    all
}

type Condition = fn(&System, &SystemState) -> bool;

fn always(name: &'static str, condition: Condition) -> Property<System> {
    Property::always(name, condition)
}

fn sometimes(name: &'static str, condition: Condition) -> Property<System> {
    Property::sometimes(name, condition)
}

fn p1(s: &SystemState, core: &Core) -> bool {
    let open = core.registers.mdcr & mdcr_el2::TDA == 0;
    !open || core.running.is_some_and(|running| core.shim.owner == Some(running) && s.is_loaded(running))
}

/// A running guest reads, directly or by the VMM's handlers; of a stopped one the VMM reads where it can.
fn p2_p3(s: &SystemState) -> bool {
    let vcpus = restore(s);
    s.ghosts.iter().enumerate().all(|(index, ghost)| {
        // Reading stops the guest, so each gets a machine of its own.
        let fresh = restore(s);
        let machine = Machine::new(s, &fresh);
        let vcpu = machine.vcpu(index);
        let expected = [ghost.value, ghost.claim, ghost.mdscr];
        let running = s.core_of(index);
        if let Some(core) = running
            && !machine.traps(core)
        {
            let r = &s.cores[core].registers;
            return [r.bank[0], r.bank[CLAIM], r.mdscr] == expected && channel_is_own(index, r.bank[CHANNEL]);
        }
        if let Some(core) = running {
            machine.cores[core].0.leave_to_native(vcpu, &machine.cores[core].1);
        }
        let home = running.or_else(|| s.cores.iter().position(|core| core.shim.owner == Some(index))).unwrap_or(0);
        let read = |register: SysReg| machine.handle(home, vcpu, register, Access::Read);
        let found = [DBGBVR0, CLAIM_CLEAR, MDSCR].map(read);
        found == expected.map(|value| Ok(Outcome::Value(value)))
    }) && vcpus.len() == s.vcpus.len()
}

fn channel_is_own(index: usize, channel: u64) -> bool {
    channel == 0 || channel == index as u64 + 1
}

fn p4(core: &Core) -> bool {
    core.running.is_some() || core.registers.mdscr == 0 && core.registers.mdcr & mdcr_el2::TDA != 0
}

fn p7(core: &Core) -> bool {
    core.shim.owner.is_some() || core.registers.bank[..=CLAIM].iter().all(|&value| value == 0)
}

fn p8(s: &SystemState) -> bool {
    (0..s.vcpus.len()).all(|vcpu| {
        let owned = s.cores.iter().filter(|core| core.shim.owner == Some(vcpu)).count();
        owned == usize::from(s.is_loaded(vcpu))
    })
}

fn p9(s: &SystemState, core: &Core) -> bool {
    let Some(running) = core.running else { return true };
    let ghost = s.ghosts[running];
    let enabled = ghost.mdscr & mdscr_el1::NEEDS_BANK != 0 && !ghost.os_lock && !ghost.external;
    !enabled || core.shim.owner == Some(running) && core.registers.mdscr == ghost.mdscr
}

fn p11(core: &Core) -> bool {
    let trap = core.registers.mdcr & mdcr_el2::TDA != 0;
    core.registers.mdcr == mdcr_el2::value(EVENT_COUNTERS, trap)
}

fn p12_p13(s: &SystemState, core: &Core) -> bool {
    let Some(running) = core.running else { return true };
    let ghost = s.ghosts[running];
    let withheld = ghost.os_lock || ghost.external;
    !withheld || core.registers.mdscr & mdscr_el1::EXCEPTIONS == 0 && core.registers.mdcr & mdcr_el2::TDA != 0
}

fn p15(core: &Core) -> bool {
    let [_, bcr, _, wcr, ..] = core.registers.bank;
    (bcr | wcr) & HMC_SSC == 0 && core.registers.mdscr & !mdscr_el1::GUEST == 0
}
