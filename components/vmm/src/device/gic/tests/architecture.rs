// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random programs of one to three vCPUs, on the model with its list registers and on a controller that has none: a
//! plain reading of IHI 0048B.

use super::program::{Step, step};
use super::*;

pub(super) const CPUS: usize = 3;
/// SGIs, PPIs, and a few SPIs.
pub(super) const LAST: u16 = 44;
const NOTHING: u32 = 1023;
/// Interrupts that may be active at once where guests end them in any order.
const FEW: usize = 4;

#[derive(Clone, Copy, Default)]
struct Interrupt {
    enabled: bool,
    group: bool,
    priority: u8,
    edge: bool,
    latched: bool,
    line: bool,
    active: bool,
    /// Of an SGI: who it is pending from, and who the active one is from.
    sources: u8,
    active_source: u8,
    targets: u8,
}

impl Interrupt {
    fn is_pending(&self, intid: u16) -> bool {
        if intid < 16 { self.sources != 0 } else { self.latched || self.line && !self.edge }
    }
}

/// A controller, and the CPU interfaces' state.
struct Reference {
    control: u32,
    cpus: Vec<Cpu>,
    /// Of SPIs, by number.
    shared: [Interrupt; LAST as usize + 1],
}

#[derive(Clone)]
struct Cpu {
    own: [Interrupt; 32],
    control: u32,
    mask: u8,
    binary_point: u8,
    /// Group priorities of what is active, the innermost last.
    running: Vec<u8>,
}

impl Reference {
    fn new(cpus: usize) -> Self {
        let mut own = [Interrupt::default(); 32];
        own[..16].iter_mut().for_each(|sgi| (sgi.enabled, sgi.edge) = (true, true));
        let cpu = Cpu { own, control: 1, mask: 0xf8, binary_point: 2, running: Vec::new() };
        Self { control: 0, cpus: std::vec![cpu; cpus], shared: [Interrupt::default(); LAST as usize + 1] }
    }

    fn at(&mut self, cpu: usize, intid: u16) -> &mut Interrupt {
        match intid {
            0..32 => &mut self.cpus[cpu].own[usize::from(intid)],
            _ => &mut self.shared[usize::from(intid)],
        }
    }

    fn get(&self, cpu: usize, intid: u16) -> &Interrupt {
        match intid {
            0..32 => &self.cpus[cpu].own[usize::from(intid)],
            _ => &self.shared[usize::from(intid)],
        }
    }

    /// 3.2.4: enabled, its group on in both parts, not active, and this CPU's.
    fn candidate(&self, cpu: usize) -> Option<u16> {
        let waits = |&intid: &u16| {
            let interrupt = self.get(cpu, intid);
            let group = 1 << u32::from(interrupt.group);
            let is_here = intid < 32 || self.cpus.len() == 1 || interrupt.targets.trailing_zeros() as usize == cpu;
            let on = self.control & self.cpus[cpu].control & group != 0;
            on && is_here && interrupt.enabled && interrupt.is_pending(intid) && !interrupt.active
        };
        (0..=LAST).filter(waits).min_by_key(|&intid| (self.get(cpu, intid).priority, intid))
    }

    fn group_priority(&self, cpu: usize, intid: u16) -> u8 {
        let point = self.cpus[cpu].binary_point.max(2);
        (u32::from(self.get(cpu, intid).priority) >> (point + 1) << (point + 1)) as u8
    }

    fn running(&self, cpu: usize) -> u8 {
        self.cpus[cpu].running.iter().copied().min().unwrap_or(0xff)
    }

    fn signalled(&self, cpu: usize) -> Option<u16> {
        self.candidate(cpu).filter(|&intid| {
            let is_above = self.get(cpu, intid).priority < self.cpus[cpu].mask;
            is_above && self.group_priority(cpu, intid) < self.running(cpu)
        })
    }

    fn name(&self, cpu: usize, intid: u16) -> u32 {
        let is_from_other_group = self.get(cpu, intid).group && self.cpus[cpu].control & 4 == 0;
        if is_from_other_group {
            return 1022;
        }
        let source = if intid < 16 { self.get(cpu, intid).sources.trailing_zeros() } else { 0 };
        u32::from(intid) | source << 10
    }

    fn acknowledge(&mut self, cpu: usize) -> u32 {
        let Some(intid) = self.signalled(cpu) else { return NOTHING };
        let (taken, priority) = (self.name(cpu, intid), self.group_priority(cpu, intid));
        if taken == 1022 {
            return taken;
        }
        self.cpus[cpu].running.push(priority);
        let interrupt = self.at(cpu, intid);
        (interrupt.latched, interrupt.active, interrupt.active_source) = (false, true, (taken >> 10) as u8);
        interrupt.sources &= !(1 << (taken >> 10));
        taken
    }

    fn end(&mut self, cpu: usize, taken: u32) {
        let running = &mut self.cpus[cpu].running;
        if let Some(innermost) = (0..running.len()).min_by_key(|&n| running[n]) {
            running.remove(innermost);
        }
        if self.cpus[cpu].control & 1 << 9 == 0 {
            self.at(cpu, taken as u16 & 0x3ff).active = false;
        }
    }

    fn store(&mut self, cpu: usize, register: u16, intid: u16, value: u8) {
        let cpus = self.cpus.len();
        let is_sgi = intid < 16;
        let interrupt = self.at(cpu, intid);
        match register {
            0x080 => interrupt.group = value & 1 != 0,
            0x100 => interrupt.enabled = true,
            0x180 if !is_sgi => interrupt.enabled = false,
            0x200 if !is_sgi => interrupt.latched = true,
            0x280 if !is_sgi => interrupt.latched = false,
            0x300 if !interrupt.active => (interrupt.active, interrupt.active_source) = (true, cpu as u8),
            0x380 => interrupt.active = false,
            0x400 => interrupt.priority = value & 0xf8,
            0x800 if intid >= 32 && cpus > 1 => interrupt.targets = value & ((1 << cpus) - 1),
            0xc00 if intid >= 32 => interrupt.edge = value & 1 != 0,
            0xf10 if is_sgi => interrupt.sources &= !value,
            0xf20 if is_sgi => interrupt.sources |= value & ((1 << cpus) - 1),
            _ => {}
        }
    }

    fn sgi(&mut self, cpu: usize, value: u32) {
        for target in 0..self.cpus.len() {
            let is_meant = match value >> 24 & 3 {
                0 => value >> (16 + target) & 1 != 0,
                1 => target != cpu,
                2 => target == cpu,
                _ => false,
            };
            if is_meant {
                self.at(target, value as u16 & 15).sources |= 1 << cpu;
            }
        }
    }

    fn line(&mut self, intid: u16, high: bool) {
        let interrupt = self.at(0, intid);
        interrupt.latched |= high && !interrupt.line && interrupt.edge;
        interrupt.line = high;
    }

    /// A word of a register with a bit for each interrupt.
    fn word(&self, cpu: usize, word: u16, is: impl Fn(&Interrupt, u16) -> bool) -> u64 {
        let all = (32 * word..32 * word + 32).filter(|&intid| intid <= LAST);
        all.filter(|&intid| is(self.get(cpu, intid), intid)).fold(0, |bits, intid| bits | 1 << (intid % 32))
    }
}

/// Both, side by side.
struct Pair {
    gic: Gic<'static>,
    port: Port,
    reference: Reference,
    /// What each guest has taken and not ended, and what it has ended and not deactivated.
    taken: Vec<Vec<u32>>,
    ended: Vec<Vec<u32>>,
    /// Guests part ends from deactivations, and make interrupts active by hand.
    apart: bool,
}

impl Pair {
    fn new(cpus: usize, apart: bool, format: Format) -> Self {
        let (mut gic, reference) = (fresh(), Reference::new(cpus));
        gic.cpus = cpus;
        let (taken, ended) = (std::vec![Vec::new(); cpus], std::vec![Vec::new(); cpus]);
        let mut pair = Self { gic, port: Port::new(cpus, format), reference, taken, ended, apart };
        (0..cpus).for_each(|cpu| pair.interface(cpu, 1));
        pair.control(3);
        for intid in 32..=LAST {
            pair.store(0, 0x100, intid, 0);
            pair.store(0, 0x800, intid, 1 << (usize::from(intid) % cpus));
        }
        pair
    }

    fn on<R>(&mut self, cpu: usize, access: impl FnOnce(&mut Gic<'_>, &mut Port) -> R) -> R {
        self.port.current = cpu;
        let result = access(&mut self.gic, &mut self.port);
        self.gic.deliver(&mut self.port);
        for cpu in 0..self.reference.cpus.len() {
            self.port.current = cpu;
            self.port.settle(&mut self.gic);
        }
        self.port.current = cpu;
        result
    }

    fn control(&mut self, value: u32) {
        self.reference.control = value;
        self.on(0, |gic, port| gic.store(0, 4, value.into(), port));
    }

    fn interface(&mut self, cpu: usize, groups: u32) {
        let control = groups | u32::from(self.apart) << 9;
        self.reference.cpus[cpu].control = control;
        self.on(cpu, |_, port| port.guest().control = control);
    }

    fn store(&mut self, cpu: usize, register: u16, intid: u16, value: u8) {
        self.reference.store(cpu, register, intid, value);
        let (word, bit) = (intid / 32 * 4, 1 << (intid % 32));
        self.on(cpu, |gic, port| match register {
            0x080 => {
                let others = gic.load(register + word, 4, port) & !bit;
                gic.store(register + word, 4, others | if value & 1 != 0 { bit } else { 0 }, port);
            }
            0xc00 => {
                let (at, bit) = (register + intid / 16 * 4, 2 << (intid % 16 * 2));
                let others = gic.load(at, 4, port) & !bit;
                gic.store(at, 4, others | if value & 1 != 0 { bit } else { 0 }, port);
            }
            0x400 | 0x800 => gic.store(register + intid, 1, value.into(), port),
            0xf10 | 0xf20 if intid < 16 => gic.store(register + intid, 1, value.into(), port),
            0xf10 | 0xf20 => {}
            _ => gic.store(register + word, 4, bit, port),
        });
    }

    /// Active interrupts of all vCPUs.
    fn active(&self) -> usize {
        let own = self.reference.cpus.iter().flat_map(|cpu| &cpu.own);
        own.chain(&self.reference.shared).filter(|interrupt| interrupt.active).count()
    }

    fn perform(&mut self, step: Step) {
        let cpus = self.reference.cpus.len();
        match step {
            // Which of many the guest ends, only a guest that nests them tells; and it must not change their order.
            Step::Store(_, 0x300 | 0x380, ..) if !self.apart || self.active() >= FEW => {}
            Step::Store(cpu, register @ (0x080 | 0x400 | 0x800), intid, _)
                if self.reference.get(cpu % cpus, intid).active && register != 0 => {}
            Step::Store(cpu, register, intid, value) => self.store(cpu % cpus, register, intid, value),
            Step::Control(value) => self.control(value),
            Step::Sgi(cpu, value) => {
                self.reference.sgi(cpu % cpus, value);
                self.on(cpu % cpus, |gic, port| gic.store(0xf00, 4, value.into(), port));
            }
            Step::Line(intid, high) => {
                self.reference.line(intid, high);
                self.on(0, |gic, port| gic.set_line(intid, high, port));
            }
            Step::Take(_) if self.apart && self.active() >= FEW => {}
            Step::Take(cpu) => self.take(cpu % cpus),
            Step::End(cpu) => self.end(cpu % cpus),
            Step::Deactivate(cpu, which) => self.deactivate(cpu % cpus, which),
            Step::Mask(cpu, mask) => {
                let (cpu, mask) = (cpu % cpus, mask & 0xf8);
                self.reference.cpus[cpu].mask = mask;
                self.on(cpu, |_, port| port.guest().mask = mask);
            }
            Step::Interface(cpu, groups) => self.interface(cpu % cpus, groups),
            // While something is active the guest would find another order of what it nests.
            Step::BinaryPoint(cpu, _) if !self.taken[cpu % cpus].is_empty() => {}
            Step::BinaryPoint(cpu, point) => {
                self.reference.cpus[cpu % cpus].binary_point = point;
                self.on(cpu % cpus, |_, port| port.guest().binary_point = point);
            }
        }
    }

    fn take(&mut self, cpu: usize) {
        let expected = self.reference.acknowledge(cpu);
        let taken = self.on(cpu, |_, port| port.guest().acknowledge());
        assert_eq!(taken, expected, "vCPU {cpu} takes");
        if taken < 1022 || taken >> 10 != 0 {
            self.taken[cpu].push(taken);
        }
    }

    fn end(&mut self, cpu: usize) {
        let Some(taken) = self.taken[cpu].pop() else { return };
        self.reference.end(cpu, taken);
        self.on(cpu, |_, port| port.guest().end(taken));
        if self.apart {
            self.ended[cpu].push(taken);
        }
    }

    fn deactivate(&mut self, cpu: usize, which: usize) {
        if self.ended[cpu].is_empty() {
            return;
        }
        let which = which % self.ended[cpu].len();
        let taken = self.ended[cpu].remove(which);
        let interrupt = self.reference.at(cpu, taken as u16 & 0x3ff);
        // Not one that was deactivated by hand meanwhile, and perhaps came again.
        if interrupt.active && u32::from(interrupt.active_source) == taken >> 10 {
            interrupt.active = false;
            self.on(cpu, |_, port| port.guest().deactivate(taken));
        }
    }

    /// Everything that a guest can read.
    fn compare(&mut self) {
        for cpu in 0..self.reference.cpus.len() {
            self.port.current = cpu;
            let (gic, port, reference) = (&mut self.gic, &mut self.port, &self.reference);
            let highest = reference.candidate(cpu).map_or(NOTHING, |intid| reference.name(cpu, intid));
            assert_eq!(port.guest().highest_pending(), highest, "vCPU {cpu}: the highest");
            assert_eq!(port.guest().running_priority(), reference.running(cpu), "vCPU {cpu}: running");
            for word in 0..2 {
                let mut read = |register: u16| gic.load(register + 4 * word, 4, port);
                let pending = reference.word(cpu, word, |interrupt, intid| interrupt.is_pending(intid));
                assert_eq!((read(0x200), read(0x280)), (pending, pending), "vCPU {cpu}: pending in word {word}");
                let active = reference.word(cpu, word, |interrupt, _| interrupt.active);
                assert_eq!((read(0x300), read(0x380)), (active, active), "vCPU {cpu}: active in word {word}");
            }
            for sgi in 0..16 {
                let sources = reference.get(cpu, sgi).sources;
                assert_eq!(gic.load(0xf20 + sgi, 1, port), sources.into(), "vCPU {cpu}: sources of {sgi}");
            }
            assert_eq!(gic.has_pending(cpu, port), reference.signalled(cpu).is_some(), "vCPU {cpu}: signalled");
        }
    }
}

fn run(cpus: usize, apart: bool, format: Format, program: Vec<Step>) {
    let mut pair = Pair::new(cpus, apart, format);
    for step in program {
        pair.perform(step);
        pair.compare();
    }
}

/// More is pending than there are list registers, and what a list register gets that became free is of a group that the
/// guest's interface has off.
#[test]
fn what_the_guest_does_not_take_keeps_nothing_out() {
    let levels = [32, 34, 35].map(|intid| Step::Line(intid, true));
    let [first, second, third] = levels;
    let program = vec![
        first,
        Step::Store(0, 0x200, 33, 0),
        second,
        Step::Store(0, 0x80, 5, 161),
        third,
        Step::Sgi(0, 2 << 24 | 5),
        Step::Take(0),
        Step::End(0),
    ];
    run(1, false, Format::V2, program);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_guest_finds_what_the_architecture_says(
        cpus in 1..=CPUS, apart: bool, v3: bool, program in proptest::collection::vec(step(), 1..120)
    ) {
        run(cpus, apart, if v3 { Format::V3 } else { Format::V2 }, program);
    }
}
