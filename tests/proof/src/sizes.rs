// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every size of bank that the architecture allows. The induction is done for small banks; what a larger one could add is a
//! register that one of the lists leaves out, or mixes up with another one.

use debug_shim::fake::{ShimImage, VcpuParts};
use debug_shim::{Armed, Counts, DebugRegister, Shim, State, has_pmu};

use crate::arm;
use crate::hardware::{EVENT_COUNTERS, Hardware, Registers};
use crate::judge::Judge;
use crate::layout::{LARGEST, Layout};
use crate::report::{Failure, Report};
use crate::state::{CoreState, Named, OTHER, TARGET, THIRD, Vcpu, hazards};
use crate::step::{Step, build, is_due, take};
use crate::values;
use crate::view::View;

type State67 = CoreState<LARGEST>;

/// All counts: none to sixteen of each kind, and as many contexts as there can be, one, or two.
pub fn layouts() -> impl Iterator<Item = Layout> {
    let pairs = (0..=16u8).flat_map(|breakpoints| (0..=16u8).map(move |watchpoints| (breakpoints, watchpoints)));
    pairs.map(|(breakpoints, watchpoints)| Layout::new(breakpoints, watchpoints, breakpoints.min(1 + watchpoints % 2)))
}

/// Every move, and every register read and written, on banks of every size.
pub fn moves() -> Report {
    let mut report = Report::new("moves of banks of every size");
    let judge = Judge::new(true);
    for layout in layouts() {
        let steps = steps(&layout);
        for state in states(&layout) {
            if let Some(clause) = judge.broken_of_core(&state, &layout) {
                return report
                    .failed("a state that was thought to satisfy the invariant", judge.of_a_core[clause].name);
            }
            let objects = build(&state, &layout);
            let views = [TARGET, OTHER, THIRD].map(|name| View::of(&state, name, &layout));
            report.states += 1;
            for step in steps.iter().filter(|step| is_due(&state, step)) {
                report.steps += 1;
                let after = take(&state, &objects, step, &layout);
                if let Err(what) = judge.step(&state, &views, step, &after, &layout) {
                    return report.failed(what, &format!("{step:?} with {:?}", layout.counts()));
                }
            }
        }
    }
    report
}

/// Either's bank on the hardware, in each pair of widths; the target wants its own.
fn states(layout: &Layout) -> Vec<State67> {
    let mut all = Vec::new();
    for owner in [TARGET, OTHER] {
        for widths in [[false, false], [false, true], [true, false], [true, true]] {
            let vcpu = |name: usize| {
                let state = if owner == name { State::Loaded } else { State::Pending };
                let bank = if owner == name { values::stale(layout) } else { values::own(layout, name) };
                let (mdscr, aarch32) = (arm::MDE, widths[name]);
                let mut parts = VcpuParts { mdscr, hazards: 0, state, os_lock: false, aarch32, running: false };
                parts.hazards = hazards(&parts);
                Vcpu { bank, parts }
            };
            let registers = Registers {
                bank: values::own(layout, owner),
                mdscr: 0,
                mdcr: arm::mdcr(EVENT_COUNTERS, Armed::No),
                os_lock: false,
                double_lock: false,
                channel: [7, 8],
            };
            let vcpus = [vcpu(TARGET), vcpu(OTHER), Vcpu::fresh()];
            let (owner, nobody) = (Some(owner), [false; 3]);
            let (armed, executing) = (Armed::No, None);
            all.push(CoreState { vcpus, owner, armed, executing, elsewhere: nobody, away: nobody, registers });
        }
    }
    all
}

fn steps(layout: &Layout) -> Vec<Step<LARGEST>> {
    let mut all = vec![Step::Enter, Step::Evict, Step::Release, Step::SetWidth, Step::Attach];
    let named = (0..17).flat_map(|n| [4, 5, 6, 7].map(|kind| numbered(kind, n)));
    let single = [DebugRegister::Mdccint, DebugRegister::Claim, DebugRegister::Vcr32];
    for register in named.chain(single) {
        let value = values::written(layout, register)[0];
        all.extend([Step::Read(register), Step::Write(register, value, true), Step::Write(register, !0, false)]);
    }
    all
}

/// By the op2 of the encoding.
fn numbered(kind: u8, n: u8) -> DebugRegister {
    match kind {
        4 => DebugRegister::Bvr(n),
        5 => DebugRegister::Bcr(n),
        6 => DebugRegister::Wvr(n),
        _ => DebugRegister::Wcr(n),
    }
}

/// The base case: `init_core` on whatever the firmware left, on every core.
pub fn base_case() -> Report {
    let mut report = Report::new("base case: init_core from any hardware");
    let judge = Judge::new(true);
    let patterns = [0, !0, 0x5555_5555_5555_5555, 0xaaaa_aaaa_aaaa_aaaa];
    for layout in layouts() {
        for (pattern, locks) in patterns.iter().flat_map(|&pattern| (0..4).map(move |locks| (pattern, locks))) {
            report.states += 1;
            report.steps += 1;
            if let Err(what) = starts(&judge, &layout, pattern, [locks & 1 != 0, locks & 2 != 0]) {
                return report.failed(what, &format!("from {pattern:#x} in all registers, with {:?}", layout.counts()));
            }
        }
    }
    report
}

fn starts(judge: &Judge<LARGEST>, layout: &Layout, pattern: u64, locks: [bool; 2]) -> Result<(), &'static str> {
    let found = Registers {
        bank: layout.make(|place| layout.kept(place, pattern)),
        mdscr: pattern,
        mdcr: pattern,
        os_lock: locks[0],
        double_lock: locks[1],
        channel: [pattern; 2],
    };
    let hw = Hardware::new(layout, &found);
    let shim: Shim<Named<'_>> = Shim::new();
    shim.init_core(&hw);
    let image = ShimImage::of(&shim, |vcpu: Named<'_>| vcpu.name);
    let (owner, armed, nobody) = (image.owner, image.armed, [false; 3]);
    let (vcpus, registers) = ([Vcpu::fresh(); 3], hw.registers());
    let state = CoreState { vcpus, owner, armed, executing: None, elsewhere: nobody, away: nobody, registers };
    let record = hw.record();
    let must = |holds: bool, what: &'static str| if holds { Ok(()) } else { Err(what) };
    must(record.undefined.is_none(), "P14: nothing is accessed that the core does not have")?;
    must(!record.while_armed, "P4: the bank is touched while MDSCR is 0")?;
    must(!record.vcr32, "DBGVCR32_EL2 is touched for 32-bit guests only")?;
    must(shim.counts() == layout.counts(), "the counts are the core's")?;
    must(registers.channel == [0; 2], "P2: the channel is emptied for the next owner")?;
    match judge.broken_of_core(&state, layout) {
        Some(clause) => Err(judge.of_a_core[clause].name),
        None => Ok(()),
    }
}

/// D24.2, `ID_AA64DFR0_EL1`: BRPs, WRPs and CTX_CMPs say one less; PMUVer says 0 or 15 where there is no PMUv3.
pub fn counts() -> Report {
    let mut report = Report::new("counts from ID_AA64DFR0_EL1");
    for word in 0..1u64 << 16 {
        let [pmu, breakpoints, watchpoints, contexts] = [0, 4, 8, 12].map(|at| word >> at & 0xf);
        for rest in [0, !(0xf << 8 | 0xf << 12 | 0xf << 20 | 0xf << 28)] {
            report.steps += 1;
            let register = rest | pmu << 8 | breakpoints << 12 | watchpoints << 20 | contexts << 28;
            let found = Counts::from_id_aa64dfr0(register);
            let wanted = [breakpoints + 1, watchpoints + 1, (contexts + 1).min(breakpoints + 1)];
            let is_right = [found.breakpoints(), found.watchpoints(), found.contexts()].map(u64::from) == wanted
                && found.to_word() == wanted[0] | wanted[1] << 8 | wanted[2] << 16
                && has_pmu(register) == (1..15).contains(&pmu);
            if !is_right {
                return report.failed("the counts are the core's", &format!("{register:#x} is read as {found:?}"));
            }
        }
    }
    report
}

impl Report {
    pub(crate) fn failed(mut self, what: &'static str, text: &str) -> Self {
        self.failure = Some(Failure { what, text: text.into() });
        self
    }
}
