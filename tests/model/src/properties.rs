// SPDX-License-Identifier: MIT OR Apache-2.0
//! P1 to P19, as far as they speak of a state.

use arm_syndrome::SysReg;
use arm_trap_table::{Access, AccessResult};
use debug_shim::{State, mdcr_el2, mdscr_el1};
use stateright::Property;

use crate::machine::{Machine, restore};
use crate::state::{CHANNEL, Core, EVENT_COUNTERS};
use crate::vmm::{CLAIM_CLEAR, DBGBVR0, MDSCR};
use crate::{Events, Ghost, System, SystemState};

const HMC_SSC: u64 = 0b111 << 13;
const CLAIM: usize = 5;

/// What this model does not check, and who does.
pub const REASONS: [(&str, &str); 1] =
    [("P16", "the VM's own capability: the shim has no capabilities; the kernel's invocation tests and fuzzer try it")];

/// All of them. The `sometimes` ones show that the interesting states were reached.
pub fn properties(events: Events) -> Vec<Property<System>> {
    let mut all = vec![
        always("P1 an open bank is the running guest's", |_, s| s.cores.iter().all(|core| p1(s, core))),
        always("P2 a guest finds nothing of another's", |_, s| s.panicked || p2(s)),
        always("P3 a guest finds what it wrote last", |_, s| s.panicked || p3(s)),
        always("P4 native code is disarmed and trapped", |_, s| s.cores.iter().all(p4)),
        always("P5 a clean resume touches nothing", |_, s| keeps(s, "P5:")),
        always("P6 at most one load a resume, none at an exit", |_, s| keeps(s, "P6:")),
        always("P7 nobody's bank is empty", |_, s| s.cores.iter().all(p7)),
        always("P8 one owner", |_, s| p8(s) && keeps(s, "P8:")),
        always("P9 enabled means loaded", |_, s| s.cores.iter().all(|core| p9(s, core))),
        always("P10 the hardware's locks are open", |_, s| s.cores.iter().all(|core| !core.registers.locked)),
        always("P11 MDCR_EL2 is a function of the state", |_, s| s.cores.iter().all(p11)),
        always("P12 a lock keeps exceptions away", |_, s| withheld(s, |ghost| ghost.os_lock && !ghost.external)),
        always("P13 an outside debugger gets its guest's exceptions, and nobody else's", |_, s| {
            s.cores.iter().all(|core| p13(s, core))
        }),
        always("P14 no index beyond the counts", |_, s| keeps(s, "P14:")),
        always("P15 nothing beyond the clamp", |_, s| s.cores.iter().all(p15)),
        always("P17 a trapped write is completed", |_, s| keeps(s, "P17:")),
        always("P18 a reset leaves nothing", |_, s| keeps(s, "P18:")),
        always("P19 nothing stays armed after deletion or panic", |_, s| {
            keeps(s, "P19:") && (!s.panicked || s.cores.iter().all(p4))
        }),
        sometimes("a bank loaded", |_, s| s.vcpus.iter().any(|v| v.state() == State::Loaded)),
        sometimes("debugging enabled, bank taken away", |_, s| {
            (0..s.vcpus.len()).any(|v| s.ghosts[v].mdscr & mdscr_el1::NEEDS_BANK != 0 && !s.is_loaded(v))
        }),
    ];
    if events.abnormal {
        all.push(sometimes("panic with a bank loaded", |_, s| {
            s.panicked && s.vcpus.iter().any(|v| v.state() == State::Loaded)
        }));
    }
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
        all.push(sometimes("external and loaded", |_, s| s.vcpus.iter().any(|v| v.state() == State::ExternalLoaded)));
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

/// A running guest reads, directly or by the VMM's handlers; of a stopped one the VMM reads where it can. The first
/// breakpoint's address, the claim tags, `MDSCR_EL1`; and the channel's data, which has no handler.
fn found(s: &SystemState, index: usize) -> ([Option<u64>; 3], u64) {
    // Reading stops the guest, so each gets a machine of its own.
    let fresh = restore(s);
    let machine = Machine::new(s, &fresh);
    let vcpu = machine.vcpu(index);
    let running = s.core_of(index);
    if let Some(core) = running
        && !machine.traps(core)
    {
        let r = &s.cores[core].registers;
        return ([r.bank[0], r.bank[CLAIM], r.mdscr].map(Some), r.bank[CHANNEL]);
    }
    if let Some(core) = running {
        machine.cores[core].0.leave_to_native(vcpu, &machine.cores[core].1);
    }
    let home = running.or_else(|| s.cores.iter().position(|core| core.shim.owner == Some(index))).unwrap_or(0);
    let read = |register: SysReg| match machine.handle(home, vcpu, register, Access::Read) {
        Ok(AccessResult::Value(value)) => Some(value),
        _ => None,
    };
    ([DBGBVR0, CLAIM_CLEAR, MDSCR].map(read), 0)
}

/// Patterns name their writer.
fn p2(s: &SystemState) -> bool {
    (0..s.vcpus.len()).all(|index| {
        let ([value, claim, _], channel) = found(s, index);
        let own = |writer: u64| writer == 0 || writer == index as u64 + 1;
        value.is_none_or(|value| own(value >> 12)) && claim.is_none_or(|tags| own(tags >> 4)) && own(channel)
    })
}

fn p3(s: &SystemState) -> bool {
    s.ghosts
        .iter()
        .enumerate()
        .all(|(index, ghost)| found(s, index).0 == [ghost.value, ghost.claim, ghost.mdscr].map(Some))
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
    let is_locked = ghost.os_lock && !ghost.external;
    let enabled = ghost.mdscr & mdscr_el1::NEEDS_BANK != 0 && !is_locked;
    !enabled || core.shim.owner == Some(running) && core.registers.mdscr == ghost.mdscr
}

fn p11(core: &Core) -> bool {
    const FOLLOW: u64 = mdcr_el2::TDA | mdcr_el2::TDE;
    let follow = core.registers.mdcr & FOLLOW;
    core.registers.mdcr & !FOLLOW == mdcr_el2::value(EVENT_COUNTERS) && follow != mdcr_el2::TDE
}

/// Whose guest `by` speaks of runs without debug exceptions, and with every access trapped.
fn withheld(s: &SystemState, by: fn(&Ghost) -> bool) -> bool {
    s.cores.iter().all(|core| {
        let away = core.registers.mdscr & mdscr_el1::EXCEPTIONS == 0 && core.registers.mdcr & mdcr_el2::TDA != 0;
        away || !core.running.is_some_and(|running| by(&s.ghosts[running]))
    })
}

/// While such a guest runs, its accesses trap and its exceptions leave it.
fn p13(s: &SystemState, core: &Core) -> bool {
    const ROUTED: u64 = mdcr_el2::TDA | mdcr_el2::TDE;
    let is_routed = core.registers.mdcr & ROUTED == ROUTED;
    is_routed == core.running.is_some_and(|running| s.ghosts[running].external)
}

/// Did the last step obey the rules of this number?
fn keeps(s: &SystemState, number: &str) -> bool {
    !s.broken.is_some_and(|rule| rule.starts_with(number))
}

fn p15(core: &Core) -> bool {
    let [_, bcr, _, wcr, ..] = core.registers.bank;
    (bcr | wcr) & HMC_SSC == 0 && core.registers.mdscr & !mdscr_el1::GUEST == 0
}
