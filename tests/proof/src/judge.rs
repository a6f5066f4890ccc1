// SPDX-License-Identifier: MIT OR Apache-2.0
//! Holds one step against the specification and against the invariant.

use debug_shim::Armed;

use crate::arm;
use crate::invariant::{Clause, of_a_core, of_a_vcpu};
use crate::layout::Layout;
use crate::specification as expected;
use crate::state::{CoreState, OTHER, TARGET, THIRD, Vcpu, is_loaded};
use crate::step::{Outcome, Step};
use crate::view::View;

/// The clauses, made once.
pub struct Judge<const N: usize> {
    /// Of a vCPU.
    pub of_a_vcpu: [Clause<Vcpu<N>>; 3],
    /// Of a core.
    pub of_a_core: Vec<Clause<CoreState<N>>>,
    /// There are other cores.
    pub many: bool,
}

/// What does not hold.
pub type Verdict = Result<(), &'static str>;

macro_rules! must {
    ($holds:expr, $name:literal) => {
        if !$holds {
            return Err($name);
        }
    };
}

impl<const N: usize> Judge<N> {
    /// For a machine with one core, or with many.
    pub fn new(many: bool) -> Self {
        Self { of_a_vcpu: of_a_vcpu(), of_a_core: of_a_core(), many }
    }

    /// The first clause of the core's that does not hold.
    pub fn broken_of_core(&self, state: &CoreState<N>, layout: &Layout) -> Option<usize> {
        self.of_a_core.iter().position(|clause| !(clause.holds)(state, layout))
    }

    fn keeps_invariant(&self, before: &CoreState<N>, state: &CoreState<N>, layout: &Layout) -> Verdict {
        let changed = (0..3).filter(|&name| state.vcpus[name] != before.vcpus[name]);
        for vcpu in changed.map(|name| &state.vcpus[name]) {
            if let Some(clause) = self.of_a_vcpu.iter().find(|clause| !(clause.holds)(vcpu, layout)) {
                return Err(clause.name);
            }
        }
        match self.broken_of_core(state, layout) {
            Some(number) => Err(self.of_a_core[number].name),
            None => Ok(()),
        }
    }

    /// One step from a state of the invariant, in which guests find `views`.
    pub fn step(
        &self,
        before: &CoreState<N>,
        views: &[View<N>; 3],
        step: &Step<N>,
        after: &Outcome<N>,
        layout: &Layout,
    ) -> Verdict {
        must!(after.record.undefined.is_none(), "P14: nothing is accessed that the core does not have");
        if *step == Step::Disarm {
            return disarmed(&after.state);
        }
        must!(after.result.err() == expected::refusal(before, step, layout), "refused when it must be, and only then");
        if after.result.is_err() {
            must!(after.state == *before && after.record.total == 0, "P8: refused, but something was done");
            return Ok(());
        }
        // What has not changed satisfies what it did.
        if after.state != *before {
            self.keeps_invariant(before, &after.state, layout)?;
        }
        moves(before, step, after, layout)?;
        touches(before, step, after, layout)?;
        looks(before, views, step, after, layout)?;
        of_its_kind(before, views, step, after, layout)?;
        self.among_cores(before, after)
    }

    /// Other cores rely on this; and what one core alone can rely on.
    fn among_cores(&self, before: &CoreState<N>, after: &Outcome<N>) -> Verdict {
        for name in [TARGET, OTHER] {
            let (old, new) = (&before.vcpus[name].parts, &after.state.vcpus[name].parts);
            must!(!before.away[name] || new == old, "P8: what another core executes was changed");
            must!(!before.elsewhere[name] || is_loaded(new), "P8: another core's bank was given away");
        }
        Ok(())
    }
}

/// A panic: whatever was armed, nothing is.
fn disarmed<const N: usize>(state: &CoreState<N>) -> Verdict {
    let is_trapped = state.registers.mdcr & (arm::TDA | arm::TDE) == arm::TDA;
    must!(state.registers.mdscr == 0 && is_trapped && state.armed == Armed::No, "P19: a panic disarms");
    Ok(())
}

/// Where the banks are, and whose.
fn moves<const N: usize>(before: &CoreState<N>, step: &Step<N>, after: &Outcome<N>, layout: &Layout) -> Verdict {
    let states = [TARGET, OTHER].map(|name| after.state.vcpus[name].parts.state);
    must!(states == expected::states(before, step), "P8: a bank is where it should not be");
    must!(after.state.owner == expected::owner(before, step), "P8: the owner is another one than it should be");
    let (old, new) = (before.executing, after.state.executing);
    let enters =
        matches!(step, Step::Enter | Step::EnterUnused) || *step == Step::EnterReady && expected::is_ready(before);
    let leaves = matches!(step, Step::Leave | Step::Release | Step::SetWidth) && old == Some(TARGET);
    must!(
        new == if enters { Some(TARGET) } else { old.filter(|_| !leaves) },
        "P5: ready when it should be, and only then"
    );
    for name in [TARGET, OTHER] {
        let counted = expected::COUNTERS.map(|word| after.status[name][word as usize]);
        must!(counted == expected::counters(before, step, layout, name), "the counters count what was done");
    }
    Ok(())
}

/// What was done to the hardware.
fn touches<const N: usize>(before: &CoreState<N>, step: &Step<N>, after: &Outcome<N>, layout: &Layout) -> Verdict {
    let record = &after.record;
    must!(
        record.bank == expected::bank_accesses(before, step, layout),
        "P5, P6: the bank is touched as often as it is moved, and no more"
    );
    must!(!record.while_armed || before.executing.is_some(), "P4: the bank is touched while MDSCR is 0");
    let is_32_bit = [TARGET, OTHER].iter().any(|&name| before.vcpus[name].parts.aarch32);
    must!(!record.vcr32 || is_32_bit, "DBGVCR32_EL2 is touched for 32-bit guests only");
    let is_unused = before.vcpus[TARGET].parts.hazards == 0;
    must!(*step != Step::Enter || !is_unused || record.total == 0, "P5: nothing to do, and something was done");
    must!(*step != Step::Leave || record.mdscr_writes <= 1, "P6: an exit writes MDSCR once at most");
    Ok(())
}

/// What guests find, and what executes undisturbed.
fn looks<const N: usize>(
    before: &CoreState<N>,
    views: &[View<N>; 3],
    step: &Step<N>,
    after: &Outcome<N>,
    layout: &Layout,
) -> Verdict {
    let has_changed = after.state != *before;
    let now = |name: usize| if has_changed { View::of(&after.state, name, layout) } else { views[name] };
    let target = now(TARGET);
    must!(now(OTHER) == views[OTHER], "P2: another guest's registers changed");
    must!(now(THIRD) == views[THIRD], "P2: a third guest's registers changed");
    must!(
        target == expected::view(&views[TARGET], step, &target, layout),
        "P3, P18: the guest's registers are not what they should be"
    );
    let (old, new) = (&before.registers, &after.state.registers);
    let is_undisturbed = (old.mdscr, old.mdcr, before.armed) == (new.mdscr, new.mdcr, after.state.armed);
    let is_anothers = before.executing.is_some_and(|name| name != TARGET);
    must!(!is_anothers || is_undisturbed, "a guest that executes was disturbed by a call about another one");
    Ok(())
}

/// What is special to some steps.
fn of_its_kind<const N: usize>(
    before: &CoreState<N>,
    views: &[View<N>; 3],
    step: &Step<N>,
    after: &Outcome<N>,
    layout: &Layout,
) -> Verdict {
    let (new, is_emptied) = (&after.state, after.state.registers.channel == [0; 2]);
    let is_silent = new.registers.mdscr == 0 && new.registers.mdcr & (arm::TDA | arm::TDE) == arm::TDA;
    match step {
        Step::Enter => {
            must!(
                expected::is_entered(after),
                "P9, P12, P13: entered with its own MDSCR, with its bank if that is used, and routed if a debugger is attached"
            );
            let is_load = expected::is_load(before, step);
            must!(!is_load || is_emptied, "P2: the channel is emptied for the next owner");
            let bank = &new.registers.bank;
            let is_clamped = (0..layout.vcr32()).all(|place| layout.clamped(place, bank[place]) == bank[place]);
            must!(!is_load || is_clamped, "P15: what is loaded is clamped");
        }
        Step::Leave => {
            must!(is_silent && new.armed == Armed::No, "P4: native code is disarmed and trapped");
        }
        Step::Release | Step::SetWidth => {
            must!(before.owner != Some(TARGET) || is_emptied, "P18: a reset empties the channel");
            let was_here = before.executing == Some(TARGET);
            must!(!was_here || is_silent, "P19: a reset guest is disarmed");
        }
        Step::Read(register) => {
            must!(*new == *before, "a read changes something");
            let found = after.result.ok();
            let readable = match layout.place_of_invoked(*register) {
                Some(place) => found.map(|value| crate::view::readable(layout, place, value)),
                None => found,
            };
            must!(
                readable == expected::read_value(&views[TARGET], *register, layout),
                "P2, P3: a read gives what the guest has"
            );
        }
        _ => (),
    }
    Ok(())
}
