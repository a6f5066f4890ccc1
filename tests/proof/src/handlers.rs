// SPDX-License-Identifier: MIT OR Apache-2.0
//! The VMM's handlers over the shim: an access that traps leaves what the same access leaves on the hardware.
//!
//! From every state in which the target's guest executes, each access is made by a trap (the guest leaves, the row's handler
//! invokes the shim, the guest is entered), and must do what the eager system does. Where the registers are the guest's own, it
//! is made on the hardware as well, and must do the same: what the guest finds cannot depend on which way it went.

use std::collections::BTreeMap;

use arm_syndrome::SysReg;
use arm_trap_table::{Access, AccessResult, DebugBackend, TRAP_TABLE, aarch32};
use debug_shim::fake::ShimImage;
use debug_shim::{Armed, DebugRegister, Error, Register, Shim, State};

use crate::arm;
use crate::candidates::{self, Breadth, Mdscr};
use crate::hardware::{Hardware, Registers};
use crate::judge::Judge;
use crate::layout::Layout;
use crate::registers::{Effect, Encoding, Part, banked, effect, kept};
use crate::report::Report;
use crate::state::{CoreState, Named, OTHER, TARGET, Vcpu, guest_bits, hazards};
use crate::step::build;
use crate::values;
use crate::view::View;

type Core = CoreState<9>;

/// The shim's invocations, as the VMM reaches them through the kernel.
struct Invocations<'a, 'b> {
    shim: &'a Shim<Named<'b>>,
    target: Named<'b>,
    hw: &'a Hardware<'b, 9>,
}

impl DebugBackend for Invocations<'_, '_> {
    type Error = Error;

    fn counts(&self) -> arm_trap_table::Counts {
        arm_trap_table::Counts::from_word(self.shim.counts().to_word())
    }

    fn read(&mut self, register: DebugRegister) -> Result<u64, Error> {
        self.shim.read(self.target, register, self.hw)
    }

    /// The core's, whatever it is: it depends on no state.
    fn features(&mut self, _register: SysReg) -> Result<u64, Error> {
        Ok(0x5a5a_5a5a_5a5a_5a5a)
    }

    fn write(&mut self, register: DebugRegister, value: u64, dirty: bool) -> Result<(), Error> {
        self.shim.write(self.target, register, value, dirty, self.hw)
    }
}

/// A register of either width.
#[derive(Clone, Copy)]
enum Row {
    Wide(&'static arm_trap_table::Row),
    Narrow(&'static aarch32::Row32<arm_syndrome::CpReg>),
}

impl Row {
    fn encoding(&self) -> Encoding {
        match self {
            Self::Wide(row) => {
                let r = row.register;
                [r.op0(), r.op1(), r.crn(), r.crm(), r.op2()]
            }
            Self::Narrow(row) => {
                let r = row.register;
                [14, r.opc1(), r.crn(), r.crm(), r.opc2()]
            }
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Wide(row) => row.name,
            Self::Narrow(row) => row.name,
        }
    }

    fn access(&self, backend: &mut Invocations<'_, '_>, access: Access) -> Result<AccessResult, Error> {
        match self {
            Self::Wide(row) => row.access(backend, access, false),
            Self::Narrow(row) => row.access(backend, access, false),
        }
    }
}

/// Goes through all of it, for guests of one width.
pub fn run(name: &'static str, aarch32: bool) -> Report {
    let layout = Layout::new(2, 1, 1);
    let mut report = Report::new(name);
    let mut constants = BTreeMap::new();
    let rows: Vec<Row> = if aarch32 {
        aarch32::CP14.iter().map(Row::Narrow).collect()
    } else {
        TRAP_TABLE.iter().map(Row::Wide).collect()
    };
    let accesses: Vec<(Row, Access)> = rows.iter().flat_map(|row| accesses(&layout, row)).collect();
    for state in states(&layout, aarch32) {
        report.states += 1;
        for (row, access) in &accesses {
            report.steps += 1;
            if let Err(what) = agrees(&state, &layout, row, *access, &mut constants) {
                return report.failed(what, &format!("{} {access:x?}\nfrom {state:#x?}", row.name()));
            }
        }
    }
    report
}

/// All accesses to a register: a read, and a write of each value that is treated differently.
fn accesses(layout: &Layout, row: &Row) -> Vec<(Row, Access)> {
    let register = match row.encoding() {
        [2 | 14, 0, 0, n, 4] | [14, 0, 1, n, 1] => DebugRegister::Bvr(n),
        [2 | 14, 0, 0, n, 5] => DebugRegister::Bcr(n),
        [2 | 14, 0, 0, n, 6] => DebugRegister::Wvr(n),
        [2 | 14, 0, 0, n, 7] => DebugRegister::Wcr(n),
        [2 | 14, 0, 0, 2, 2] => DebugRegister::Mdscr,
        [2 | 14, 0, 1, 0, 4] => DebugRegister::OsLock,
        // The others, the claim tags among them, by three values.
        _ => DebugRegister::Mdccint,
    };
    let written = values::written(layout, register).into_iter().map(Access::Write);
    std::iter::once(Access::Read).chain(written).map(|access| (*row, access)).collect()
}

/// Every state of the invariant in which the target's guest executes; the bank is nobody's, its own, or another guest's.
fn states(layout: &Layout, aarch32: bool) -> Vec<Core> {
    let judge = Judge::new(false);
    let breadth = Breadth { many_cores: false, mdscr: Mdscr::EachBit };
    let is_admitted = |vcpu: &Vcpu<9>| judge.of_a_vcpu.iter().all(|clause| (clause.holds)(vcpu, layout));
    let targets = candidates::vcpus(layout, TARGET, breadth).into_iter();
    let targets: Vec<Vcpu<9>> = targets.filter(|vcpu| vcpu.parts.aarch32 == aarch32 && is_admitted(vcpu)).collect();
    let others = [None, Some(false), Some(true)].map(|loaded| other(layout, loaded));
    let mut all = Vec::new();
    for roles in candidates::roles(breadth).iter().filter(|roles| roles.executing == Some(TARGET)) {
        for (target, other) in targets.iter().flat_map(|target| others.iter().map(move |other| (*target, *other))) {
            let vcpus = [target, other, Vcpu::fresh()];
            let candidates::Roles { owner, executing, armed, elsewhere, away } = *roles;
            let own_values = values::own(layout, owner.unwrap_or(TARGET));
            let registers = candidates::hardware(layout, roles, &vcpus).into_iter();
            // Other values are the induction's business.
            let registers = registers.filter(|registers| owner.is_none() || registers.bank == own_values);
            let states = registers.map(|registers| Core { vcpus, owner, armed, executing, elsewhere, away, registers });
            all.extend(states.filter(|state| judge.broken_of_core(state, layout).is_none()));
        }
    }
    all
}

/// Somebody without debug state, or the owner, of either width.
fn other(layout: &Layout, loaded: Option<bool>) -> Vcpu<9> {
    let mut other = Vcpu::fresh();
    if let Some(aarch32) = loaded {
        other.bank = values::own(layout, OTHER);
        (other.parts.state, other.parts.aarch32, other.parts.mdscr) = (State::Loaded, aarch32, arm::MDE);
        other.parts.hazards = hazards(&other.parts);
    }
    other
}

/// One access, by both ways where there are two.
fn agrees(
    state: &Core,
    layout: &Layout,
    row: &Row,
    access: Access,
    constants: &mut BTreeMap<Encoding, u64>,
) -> Result<(), &'static str> {
    let must = |holds: bool, what: &'static str| if holds { Ok(()) } else { Err(what) };
    let (old, encoding) = (View::of(state, TARGET, layout), row.encoding());
    let effect = effect(&old, layout, encoding, access);
    let (outcome, after) = trap(state, layout, row, access)?;
    let (new, other) = (View::of(&after, TARGET, layout), View::of(&after, OTHER, layout));
    must(other == View::of(state, OTHER, layout), "P2: another guest's registers changed")?;
    match (effect, outcome) {
        (Effect::Undefined, AccessResult::Undefined) => must(new == old, "undefined, but something changed"),
        (Effect::Stateless, AccessResult::Value(value)) => {
            let first = *constants.entry(encoding).or_insert(value);
            must(new == old && first == value, "a register without state depends on it")
        }
        (Effect::Stateless, _) => must(new == old, "a register without state changes some"),
        (Effect::Reads(wanted), AccessResult::Value(value)) => {
            must(new == old && value == wanted, "P3: a trapped read gives something else than was written")
        }
        (Effect::Becomes(wanted), AccessResult::Done) => {
            must(same(&new, &wanted, layout), "P3, P17: a trapped write does something else than Arm's")
        }
        _ => Err("defined here and not there"),
    }?;
    match direct(state, layout, encoding, access) {
        Some((read, after)) => {
            let new = View::of(&after, TARGET, layout);
            let is_same = match effect {
                Effect::Becomes(wanted) => same(&new, &wanted, layout),
                Effect::Reads(wanted) => new == old && read == wanted,
                _ => false,
            };
            must(is_same, "P3: on the hardware it does something else than by a trap")
        }
        None => Ok(()),
    }
}

/// Of a watchpoint's address a 32-bit guest has the low half only; what is above it matters to nobody.
fn same(a: &View<9>, b: &View<9>, layout: &Layout) -> bool {
    let reachable = |view: &View<9>| {
        let mut bank = view.bank.unwrap_or_default();
        if let Some(place) = layout.place(Register::Wvr(0)).filter(|_| view.aarch32) {
            bank[place] &= 0xffff_ffff;
        }
        View { bank: Some(bank), ..*view }
    };
    reachable(a) == reachable(b)
}

/// The guest leaves, the handler does its work, the guest is entered again.
fn trap(state: &Core, layout: &Layout, row: &Row, access: Access) -> Result<(AccessResult, Core), &'static str> {
    let objects = build(state, layout);
    let is_other_reached = std::cell::Cell::new(false);
    let named = |name: usize| Named { name, debug: &objects[name], is_other_reached: &is_other_reached };
    let (shim, hw, target) = (state.shim(layout, named), Hardware::new(layout, &state.registers), named(TARGET));
    shim.leave_to_native(target, &hw);
    let outcome = row.access(&mut Invocations { shim: &shim, target, hw: &hw }, access);
    let entered = shim.enter(target, &hw);
    let image = ShimImage::of(&shim, |vcpu: Named<'_>| vcpu.name);
    let vcpus = [TARGET, OTHER].map(|name| Vcpu::of(&objects[name], layout));
    let after = Core {
        vcpus: [vcpus[TARGET], vcpus[OTHER], state.vcpus[2]],
        owner: image.owner,
        armed: image.armed,
        registers: hw.registers(),
        ..*state
    };
    if let (Ok(outcome), Ok(_)) = (outcome, entered) { Ok((outcome, after)) } else { Err("P17: an access is refused") }
}

/// The access on the hardware, if it goes there: a debug register that does not trap while the guest has the bank.
fn direct(state: &Core, layout: &Layout, encoding: Encoding, access: Access) -> Option<(u64, Core)> {
    if state.armed != Armed::Direct {
        return None;
    }
    let mut registers: Registers<9> = state.registers;
    let bits = guest_bits(state.vcpus[TARGET].parts.aarch32);
    let (register, part) = match encoding {
        [2 | 14, 0, 0, 2, 2] => {
            let read = registers.mdscr & bits;
            if let Access::Write(value) = access {
                registers.mdscr = value & bits;
            }
            return Some((read, Core { registers, ..*state }));
        }
        [2 | 14, 0, 7, 8, 6] => (Register::ClaimSet, Part::Whole),
        [2 | 14, 0, 7, 9, 6] => (Register::ClaimClr, Part::Whole),
        other => banked(other)?,
    };
    let is_there =
        part != Part::High || matches!(register, Register::Bvr(n) if arm::is_context_aware(n.into(), layout.counts()));
    let place = layout.place(register).filter(|_| is_there)?;
    let stored = registers.bank[place];
    let read = match register {
        Register::ClaimSet => arm::CLAIM,
        _ => part.of(crate::view::readable(layout, place, layout.clamped(place, stored))),
    };
    if let Access::Write(value) = access {
        registers.bank[place] = match register {
            Register::ClaimSet => stored | value & arm::CLAIM,
            Register::ClaimClr => stored & !value,
            // An MCR brings 32 bits.
            Register::Mdccint | Register::Vcr32 => kept(layout, register, value & 0xffff_ffff),
            _ => kept(layout, register, part.put(stored, value)),
        };
    }
    Some((read, Core { registers, ..*state }))
}
