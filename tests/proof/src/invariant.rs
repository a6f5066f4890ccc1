// SPDX-License-Identifier: MIT OR Apache-2.0
//! The invariant: what is true of every state, and enough that every step keeps it. In clauses, each with the properties
//! (P1 to P19) that it states.

use debug_shim::Armed;

use crate::arm;
use crate::hardware::EVENT_COUNTERS;
use crate::layout::Layout;
use crate::state::{
    CoreState, Vcpu, effective_mdscr, guest_bits, hazards, is_direct, is_external, is_loaded, wants_bank,
};

/// One condition, of whatever it is about.
pub struct Clause<T> {
    /// What it says.
    pub name: &'static str,
    /// Whether it is so.
    pub holds: fn(&T, &Layout) -> bool,
    /// With one core nothing breaks it: it is about the others.
    pub only_many: bool,
}

impl<T> Clause<T> {
    const fn new(name: &'static str, holds: fn(&T, &Layout) -> bool) -> Self {
        Self { name, holds, only_many: false }
    }

    const fn about_others(name: &'static str, holds: fn(&T, &Layout) -> bool) -> Self {
        Self { name, holds, only_many: true }
    }
}

/// Of one vCPU by itself.
pub fn of_a_vcpu<const N: usize>() -> [Clause<Vcpu<N>>; 3] {
    [
        Clause::new("the hazards word is what its state, MDSCR and lock make it", |v, _| {
            v.parts.hazards == hazards(&v.parts)
        }),
        Clause::new("P15: MDSCR in memory has no bit that is not the guest's", |v, _| {
            v.parts.mdscr & !guest_bits(v.parts.aarch32) == 0
        }),
        Clause::new("P15: a bank in memory that will be loaded is clamped", |v, layout| {
            is_loaded(&v.parts) || layout.clamped_bank(&v.bank) == v.bank
        }),
    ]
}

/// Of a core with the vCPUs that it can reach.
pub fn of_a_core<const N: usize>() -> Vec<Clause<CoreState<N>>> {
    vec![
        Clause::new("P10: the hardware's OS lock and double lock are free", |s, _| {
            !s.registers.os_lock && !s.registers.double_lock
        }),
        Clause::new("P4: armed only while a guest executes", |s, _| s.executing.is_some() || s.armed == Armed::No),
        Clause::new("P11: MDCR_EL2 follows from what is armed", |s, _| {
            s.registers.mdcr == arm::mdcr(EVENT_COUNTERS, s.armed)
        }),
        Clause::new("P4: not armed, MDSCR is 0 but for a method of entry", not_armed_is_silent),
        Clause::new("P12: armed and trapped, MDSCR has what is not withheld", trapped_has_the_effective_mdscr),
        Clause::new("P1, P12: direct is the owner, and not locked", |s, _| {
            s.armed != Armed::Direct
                || s.owner == s.executing && s.executing_vcpu().is_some_and(|vcpu| is_direct(&vcpu.parts))
        }),
        Clause::new("P9: who executes here and uses its bank has it", |s, _| {
            s.executing_vcpu().is_none_or(|vcpu| !wants_bank(&vcpu.parts) || s.owner == s.executing)
        }),
        Clause::new("P9: it is direct unless a debugger is attached, and nobody else is", |s, _| {
            s.executing_vcpu()
                .is_none_or(|vcpu| (wants_bank(&vcpu.parts) && !is_external(&vcpu.parts)) == (s.armed == Armed::Direct))
        }),
        Clause::new("P11, P13: debug exceptions leave the guest of an attached debugger, and no other's", |s, _| {
            s.executing_vcpu().is_none_or(|vcpu| is_external(&vcpu.parts) == (s.armed == Armed::Attached))
        }),
        Clause::new("running is what executes armed", running_executes),
        Clause::new("P5: a guest that executes unarmed has no hazards", |s, _| {
            unarmed(s).all(|vcpu| vcpu.parts.hazards == 0)
        }),
        Clause::new("P8: loaded on as many cores as its state says", |s, _| {
            (0..3).all(|i| {
                let cores = u8::from(s.owner == Some(i)) + u8::from(s.elsewhere[i]);
                cores == u8::from(is_loaded(&s.vcpus[i].parts))
            })
        }),
        Clause::new("P2, P7: the bank on the hardware is nobody's only if it is empty", |s, layout| {
            s.owner.is_some() || s.registers.bank[..layout.vcr32()].iter().all(|&value| value == 0)
        }),
        Clause::about_others("P8: a guest executes where its bank is", |s, _| {
            (0..3).all(|i| !(s.executing == Some(i) && s.elsewhere[i] || s.away[i] && s.owner == Some(i)))
        }),
        Clause::about_others("a guest executes on one core", |s, _| {
            (0..3).all(|i| !(s.away[i] && s.executing == Some(i)))
        }),
    ]
}

fn not_armed_is_silent<const N: usize>(s: &CoreState<N>, _: &Layout) -> bool {
    let entry = if s.executing_vcpu().is_some_and(|vcpu| vcpu.parts.aarch32) { arm::MOE } else { 0 };
    s.armed != Armed::No || s.registers.mdscr & !entry == 0
}

fn trapped_has_the_effective_mdscr<const N: usize>(s: &CoreState<N>, _: &Layout) -> bool {
    !matches!(s.armed, Armed::Trapped | Armed::Attached)
        || s.executing_vcpu().is_some_and(|vcpu| {
            let entry = if vcpu.parts.aarch32 { arm::MOE } else { 0 };
            (s.registers.mdscr ^ effective_mdscr(&vcpu.parts)) & !entry == 0
        })
}

fn running_executes<const N: usize>(s: &CoreState<N>, _: &Layout) -> bool {
    (0..3).all(|i| {
        let here = s.executing == Some(i) && s.armed != Armed::No;
        s.away[i] || s.vcpus[i].parts.running == here
    })
}

/// Whose guests execute, here or on another core, without anything having been armed for them.
fn unarmed<const N: usize>(s: &CoreState<N>) -> impl Iterator<Item = &Vcpu<N>> {
    let is_unarmed = |i: &usize| (s.executing == Some(*i) || s.away[*i]) && !s.vcpus[*i].parts.running;
    (0..3).filter(is_unarmed).map(|i| &s.vcpus[i])
}
