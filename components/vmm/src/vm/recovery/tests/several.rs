// SPDX-License-Identifier: MIT OR Apache-2.0
//! A VM with several vCPUs: each crash point of what they do to each other, and that none is left behind.

use super::*;
use crate::boot::Images;
use crate::boot::image::tests::file;
use crate::config::Config;
use crate::fake::{self, FakeSerial, FakeVcpu, FakeVcpus, SPURIOUS};
use crate::guest_ram::GuestRam;
use crate::state::{Found, State};
use crate::vm::Provisions;
use core::cell::RefCell;
use core::sync::atomic::AtomicU64;
use sel4_abi::user_context::NUM_REGISTERS;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

const COUNT: usize = 4;
/// Where a vCPU begins that another one turns on.
const ENTRY: u64 = 0x4000_0400;
const SGIR: u64 = GICD + 0xf00;
const CPU_OFF: u64 = 0x8400_0002;
const CPU_ON: u64 = 0xc400_0003;
const AFFINITY_INFO: u64 = 0xc400_0004;
const SYSTEM_OFF: u64 = 0x8400_0008;
const SYSTEM_RESET: u64 = 0x8400_0009;

/// What happens. The first number is that of the vCPU that does it.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// HVC with these in x0 to x3; the answer, if it goes on.
    Call(usize, [u64; 4], Option<i32>),
    /// A word to a device.
    Store(usize, u64, u64),
    /// It waits for an interrupt.
    Wfi(usize),
    /// It takes that interrupt and ends it, without an exit.
    Take(usize, u16),
    /// Input for the UART.
    Input,
}

use Step::{Call, Input, Store, Take, Wfi};

const fn on(cpu: usize, target: u64, answer: i32) -> Step {
    Call(cpu, [CPU_ON, target, ENTRY + 16 * target, 0x700 + target], Some(answer))
}

const fn info(cpu: usize, target: u64, level: u64, answer: i32) -> Step {
    Call(cpu, [AFFINITY_INFO, target, level, 0], Some(answer))
}

/// An SGI to the vCPUs of a mask.
const fn sgi(cpu: usize, mask: u64, intid: u64) -> Step {
    Store(cpu, SGIR, mask << 16 | intid)
}

const STEPS: &[Step] = &[
    info(0, 1, 0, 1),
    info(0, 0, 0, 0),
    info(0, 4, 0, -2),
    info(0, 3, 1, 0),
    info(0, 0x100, 1, -2),
    Call(0, [CPU_OFF, 0, 0, 0], Some(-3)),
    on(0, 1, 0),
    on(0, 1, -4),
    on(0, 0, -4),
    on(0, 4, -2),
    on(0, 1 << 31, -2),
    on(1, 2, 0),
    info(2, 1, 0, 0),
    // The distributor, and each one's SGIs and the UART's interrupt, which goes to the third.
    Store(0, GICD, 1),
    Store(0, GICD + 0x104, 2),
    Store(0, GICD + 0x820, 0x0400),
    Store(0, UART + 0x38, 0x10),
    // From one that runs to one that runs, to one that waits, from another one, to several.
    sgi(0, 2, 5),
    Take(1, 5),
    Wfi(1),
    sgi(2, 2, 6),
    Take(1, 6),
    Wfi(1),
    Wfi(2),
    sgi(0, 7, 7),
    Take(0, 7),
    Take(1, 7),
    Take(2, 7),
    // More than it has list registers for.
    Store(0, SGIR, 2 << 16 | 1),
    Store(0, SGIR, 2 << 16 | 2),
    Store(0, SGIR, 2 << 16 | 3),
    Store(0, SGIR, 2 << 16 | 4),
    Store(2, SGIR, 2 << 16 | 8),
    Store(0, GICD + 0x408, 0),
    Take(1, 1),
    // The UART's interrupt ends a wait.
    Wfi(2),
    Input,
    Take(2, 33),
    // One goes, and comes again.
    Call(2, [CPU_OFF, 0, 0, 0], None),
    info(0, 2, 0, 1),
    on(1, 2, 0),
    info(0, 2, 0, 0),
    on(2, 3, 0),
    // The boot vCPU goes; another one starts the machine anew.
    Wfi(3),
    Call(0, [CPU_OFF, 0, 0, 0], None),
    info(1, 0, 0, 1),
    Call(2, [SYSTEM_RESET, 0, 0, 0], None),
    info(0, 1, 0, 1),
    on(0, 1, 0),
    Wfi(0),
    Call(1, [SYSTEM_RESET, 0, 0, 0], None),
    on(0, 3, 0),
    on(0, 2, 0),
    Wfi(0),
    Wfi(2),
    Call(3, [SYSTEM_OFF, 0, 0, 0], None),
];

/// All that is not the VMM.
struct Machine {
    memory: Vec<AtomicU64>,
    kernel: Vec<u8>,
    state: Box<State>,
    vcpus: FakeVcpus,
    wire: RefCell<FakeSerial>,
    number: u32,
    /// Whose message the VMM has received, and that.
    open: Option<(usize, Message)>,
    /// Interrupts that vCPUs took by themselves ([`Self::run`]).
    taken: Vec<(usize, u32)>,
    takes: bool,
}

impl Machine {
    fn new() -> Self {
        let mut machine = Self {
            memory: (0..0x4000).map(|_| AtomicU64::new(0)).collect(),
            kernel: file(0, 0x100, 0, 0x80),
            state: Box::new(State::new()),
            vcpus: FakeVcpus::new(COUNT),
            wire: RefCell::default(),
            number: 0,
            open: None,
            taken: Vec::new(),
            takes: false,
        };
        assert!(machine.with(|vm, vcpus| vm.start(vcpus).expect("it starts")));
        machine.vcpus.all.iter_mut().for_each(|vcpu| (vcpu.interface.control, vcpu.interface.mask) = (1, 0xf8));
        machine
    }

    fn copy(&self) -> Self {
        let memory = self.memory.iter().map(|word| AtomicU64::new(word.load(Relaxed))).collect();
        let Self { memory: _, kernel, state, vcpus, wire, number, open, taken, takes } = self;
        let (kernel, state, vcpus, wire) = (kernel.clone(), state.clone(), vcpus.clone(), wire.clone());
        Self {
            memory,
            kernel,
            state,
            vcpus,
            wire,
            number: *number,
            open: open.clone(),
            taken: taken.clone(),
            takes: *takes,
        }
    }

    /// Runs a VMM; `false`: it was killed.
    fn with(&mut self, work: impl FnOnce(&mut Vm<'_, Wire<'_>>, &mut FakeVcpus)) -> bool {
        let config = Config::parse(b"name = vm\nguest = bare64\nvcpus = 4\n").expect("a configuration");
        let images = Images { kernel: &self.kernel, initrd: &[] };
        let ram = GuestRam::new(&self.memory, |_| {});
        let given = Provisions { images, ram, disk: None, network: None, seconds: fake::seconds, seed: None };
        let (state, vcpus, wire) = (&mut self.state, &mut self.vcpus, Wire(&self.wire));
        let run = AssertUnwindSafe(|| work(&mut Vm::new(config, given, wire, state), vcpus));
        match catch_unwind(run) {
            Ok(()) => true,
            Err(payload) if payload.is::<Killed>() => false,
            Err(payload) => std::panic::resume_unwind(payload),
        }
    }

    /// A vCPU traps: its message.
    fn trap(&mut self, cpu: usize, event: Event) -> (u64, Vec<u64>) {
        self.number += 1;
        let vcpu = &mut self.vcpus.all[cpu];
        assert!(!vcpu.stopped && !vcpu.has_fault, "vCPU {cpu} does not run");
        vcpu.set_pc(PC + 0x10 * cpu as u64);
        vcpu.has_fault = true;
        let message = words(vcpu, self.number, event);
        self.open = Some((cpu, Message::new(message.0, &message.1)));
        message
    }

    /// The message of a step, if it is one's exit; the guest's part of it is done.
    fn prepare(&mut self, step: Step) -> Option<(usize, (u64, Vec<u64>))> {
        let fault = |label, word, esr| Event::Fault { label, word, esr, x: 0 };
        match step {
            Call(cpu, values, _) => {
                (0..4).for_each(|n| self.vcpus.all[cpu].set_x(n, values[usize::from(n)]));
                Some((cpu, self.trap(cpu, fault(8, 0, 0x5a00_0000))))
            }
            Store(cpu, ipa, value) => {
                let esr = 0x24 << 26 | 1 << 25 | 1 << 24 | 2 << 22 | 1 << 16 | 1 << 6 | 7;
                self.vcpus.all[cpu].set_x(1, value);
                Some((cpu, self.trap(cpu, fault(6, ipa, esr))))
            }
            Wfi(cpu) => Some((cpu, self.trap(cpu, fault(8, 0, 0x7e0_0000)))),
            Take(cpu, intid) => {
                let interface = &mut self.vcpus.all[cpu].interface;
                let taken = interface.acknowledge();
                assert_eq!(taken & 0x3ff, u32::from(intid), "vCPU {cpu}");
                interface.end(taken);
                None
            }
            Input => {
                self.wire.borrow_mut().input.push(b'a');
                None
            }
        }
    }

    /// What becomes of a message, or of the input; `None`: the VMM was killed.
    fn handle(&mut self, step: Step, message: &Option<(usize, (u64, Vec<u64>))>) -> Option<()> {
        let (mut id, mut result) = (0, (Next::Stay, None));
        let alive = self.with(|vm, vcpus| match message {
            Some((cpu, (label, words))) => {
                let (given, number) = (FaultContext::from_message(*label, words), number(*label, words));
                vcpus.select(VcpuId::new(*cpu).expect("a vCPU"));
                result = vm.exit(Exit::from_message(*label, words), given, number, vcpus);
                id = vcpus.id().index();
            }
            None if matches!(step, Take(..)) => {}
            None => vm.notified(vcpus),
        });
        alive.then(|| self.conclude(id, result))
    }

    fn conclude(&mut self, cpu: usize, result: (Next, Option<ReplyContext>)) {
        if result.0 != Next::Stay {
            assert_eq!(self.open.take().map(|(open, _)| open), Some(cpu), "the reply is of another's");
        }
        self.open = None;
        self.vcpus.all[cpu].conclude(result);
    }

    fn recover(&mut self) -> Option<()> {
        assert_eq!(self.state.find(), Ok(Found::Left));
        let open = self.open.clone();
        let look = |vcpus: &mut FakeVcpus| match (&open, vcpus.has_fault, vcpus.stopped) {
            (Some((cpu, message)), true, _) if *cpu == vcpus.id().index() => Waits::ForReply(message.clone()),
            (_, false, true) => Waits::Stopped,
            _ => Waits::Elsewhere,
        };
        let (mut id, mut result) = (0, DONE);
        let alive = self.with(|vm, vcpus| {
            result = vm.recover(look, vcpus).expect("it starts");
            id = vcpus.id().index();
        });
        alive.then(|| self.conclude(id, result))
    }

    /// One step, with the VMM killed at a point if there are so many, and again in its recovery. Whether it was.
    fn happen(&mut self, step: Step, kills: &[u32]) -> bool {
        let mut kills = kills.iter().copied();
        let message = self.prepare(step);
        kill_after(kills.next());
        let mut done = self.handle(step, &message);
        let was_killed = done.is_none();
        while done.is_none() {
            // Nobody handles exits meanwhile, and whoever can run does.
            self.run();
            kill_after(kills.next());
            done = self.recover();
        }
        kill_after(None);
        self.run();
        self.check(step);
        was_killed
    }

    /// Each vCPU that is not stopped takes what is pending, and ends it, if this is a test of that.
    fn run(&mut self) {
        if !self.takes {
            return;
        }
        let runs = |vcpu: &FakeVcpu| !vcpu.stopped && !vcpu.has_fault;
        for (cpu, vcpu) in self.vcpus.all.iter_mut().enumerate().filter(|(_, vcpu)| runs(vcpu)) {
            while let taken = vcpu.interface.acknowledge()
                && taken != SPURIOUS
            {
                vcpu.interface.end(taken);
                self.taken.push((cpu, taken));
            }
        }
        self.taken.sort_unstable();
    }

    /// What is always so between two exits.
    fn check(&mut self, step: Step) {
        if let Call(cpu, _, Some(answer)) = step {
            assert_eq!(self.vcpus.all[cpu].x(0) as u32 as i32, answer, "{step:?}");
        }
        self.with(|vm, vcpus| {
            for number in 0..COUNT {
                let (power, vcpu) = (vm.vcpus[number].power.state(), &vcpus.all[number]);
                assert!(!vcpu.has_fault && !vcpu.held, "vCPU {number} after {step:?}");
                assert_eq!(vcpu.stopped, power != PowerState::Running, "vCPU {number}: {power:?} after {step:?}");
                let waits = power == PowerState::Parked;
                assert!(!waits || !vm.platform.bus.gic.has_pending(number, vcpus), "vCPU {number} after {step:?}");
            }
        });
    }

    /// What the guest could find.
    fn view(&mut self) -> String {
        let mut view = String::new();
        let wire = self.wire.borrow().output().to_string();
        self.with(|vm, vcpus| {
            for (number, id) in VcpuId::first(COUNT).enumerate() {
                vcpus.select(id);
                let gic: Vec<_> = (0..0x1000).step_by(4).map(|at| vm.platform.bus.gic.load(at, 4, vcpus)).collect();
                let power = vm.vcpus[number].power.state();
                view.push_str(&format!("{power:?} {:x?} {gic:x?}\n", vcpus.interface.read()));
                if power != PowerState::Off {
                    let mut words = [0; NUM_REGISTERS];
                    vcpus.read_registers(&mut words);
                    let system: BTreeMap<_, _> = vcpus.system.iter().collect();
                    view.push_str(&format!("{words:x?} {system:x?} {:x?}\n", vcpus.alarm));
                }
            }
            vcpus.select(VcpuId::BOOT);
            view.push_str(&format!("{:?} {wire}\n", vm.platform.phase.get()));
        });
        view
    }
}

#[test]
fn each_does_what_the_others_ask() {
    hush();
    let mut machine = Machine::new();
    for step in STEPS {
        assert!(!machine.happen(*step, &[]));
    }
    assert!(machine.wire.borrow().output().contains("powered off"));
    assert_eq!(machine.vcpus.all.iter().filter(|vcpu| vcpu.stopped).count(), COUNT);
}

#[test]
fn begins_where_it_is_told() {
    let mut machine = Machine::new();
    machine.happen(on(0, 2, 0), &[]);
    let vcpu = &machine.vcpus.all[2];
    assert_eq!((vcpu.pc(), vcpu.x(0), vcpu.spsr(), vcpu.stopped), (ENTRY + 32, 0x702, 0x3c5, false));
    assert_eq!(vcpu.system[&(VcpuReg::VmpidrEl2 as u64)], 1 << 31 | 2);
    assert_eq!(vcpu.system[&(VcpuReg::Sctlr as u64)] & 1, 0);
}

#[test]
fn no_crash_point_is_visible_to_any() {
    hush();
    let (mut before, mut points, mut differ) = (Machine::new(), 0, Vec::new());
    for (number, step) in STEPS.iter().enumerate() {
        let mut next = before.copy();
        assert!(!next.happen(*step, &[]));
        let good = next.copy().view();
        for point in 0.. {
            let mut machine = before.copy();
            if !machine.happen(*step, &[point]) {
                break;
            }
            points += 1;
            let mut compare = |view: String, how: String| {
                if view != good {
                    let lines: Vec<_> = view.lines().zip(good.lines()).filter(|(a, b)| a != b).collect();
                    differ.push(format!("{number} {step:?} at {how}: {lines:?}"));
                }
            };
            compare(machine.view(), format!("{point}"));
            for again in [0, 1, 3, 7, 15] {
                let mut machine = before.copy();
                machine.happen(*step, &[point, again]);
                compare(machine.view(), format!("{point}, and in the recovery at {again}"));
            }
        }
        before = next;
    }
    std::println!("{} steps, {points} crash points: {} differ", STEPS.len(), differ.len());
    assert!(differ.is_empty(), "{differ:#?}");
    assert!(points > 20 * STEPS.len());
}

/// Whoever is killed, and however often: each interrupt comes as often as without that, also to vCPUs that run while
/// there is no VMM.
#[test]
fn no_interrupt_comes_twice_or_never() {
    hush();
    let (mut before, mut taken) = (Machine::new(), 0);
    for (number, step) in STEPS.iter().enumerate() {
        let interrupts = |kills: &[u32]| {
            let mut machine = Machine { takes: true, ..before.copy() };
            // What was pending before is gone.
            if !matches!(step, Take(..)) {
                machine.run();
            }
            let was_killed = machine.happen(*step, kills);
            (was_killed, machine.taken)
        };
        let (_, good) = interrupts(&[]);
        for point in 0.. {
            let (was_killed, once) = interrupts(&[point]);
            if !was_killed {
                break;
            }
            assert_eq!(once, good, "{number} {step:?} at {point}");
            for again in [1, 5] {
                assert_eq!(interrupts(&[point, again]).1, good, "{number} {step:?} at {point}, then at {again}");
            }
        }
        taken += good.len();
        before.happen(*step, &[]);
    }
    assert!(taken > 8, "{taken}");
}
