// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every crash point of every kind of exit: the VMM is killed there, another one takes over, and the guest finds what it
//! finds without that.

use super::*;
use crate::boot::image::tests::file;
use crate::boot::{Images, Seed};
use crate::bus::MmioDevice;
use crate::config::Config;
use crate::fake::{self, FakeSerial, FakeVcpu, Killed, kill_after};
use crate::guest_map::{RAM, VIRTIO_CONSOLE};
use crate::guest_ram::GuestRam;
use crate::state::{Found, State};
use crate::vcpu::VcpuReg;
use crate::vm::Provisions;
use arm_trap_table::TimerRegister;
use core::cell::RefCell;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use lazaret_abi::fault_context;
use sel4_abi::user_context::NUM_REGISTERS;
use std::boxed::Box;
use std::collections::BTreeMap;
use std::format;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::string::String;
use std::vec::Vec;

const PC: u64 = 0x4000_0100;
const UART: u64 = 0x0900_0000;
const CLOCK: u64 = 0x0901_0000;
/// Label of a VGICMaintenance.
const MAINTENANCE: u64 = 7;
/// Label of a VPPIEvent.
const TIMER: u64 = 9;
const GICD: u64 = 0x0800_0000;

/// Where the device tree is in RAM of 128 KiB, in words, and more than it has of them.
const TREE: usize = 0x2000;
const TREE_WORDS: usize = 0x200;

/// The serial driver's rings outlive a VMM.
struct Wire<'a>(&'a RefCell<FakeSerial>);

impl Serial for Wire<'_> {
    fn has_room(&self, written: u32) -> bool {
        self.0.borrow().has_room(written)
    }
    fn put(&mut self, written: u32, byte: u8) {
        self.0.borrow_mut().put(written, byte);
    }
    fn get(&self, taken: u32) -> Option<u8> {
        self.0.borrow().get(taken)
    }
    fn publish(&mut self, written: u32, taken: u32) {
        self.0.borrow_mut().publish(written, taken);
    }
    fn ring(&mut self) {
        self.0.borrow_mut().ring();
    }
    fn is_watched(&self) -> bool {
        self.0.borrow().is_watched()
    }
    fn await_room(&mut self, written: u32) -> bool {
        self.0.borrow_mut().await_room(written)
    }
}

/// What a VMM is asked.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// A message of this label; `x` is the value of the register that it names. Of an abort that names none it is the
    /// instruction, and x3 has the address.
    Fault { label: u64, word: u64, esr: u64, x: u64 },
    /// Input is there.
    Input(&'static [u8]),
    /// The guest has stored these words in its RAM.
    Ram(u64, &'static [u64]),
    /// The serial driver takes output, or none.
    Room(bool),
    /// It is so late.
    Time(u64),
}

impl Event {
    /// Something of which the VMM does not hear.
    const fn is_silent(self) -> bool {
        matches!(self, Self::Ram(..) | Self::Room(_) | Self::Time(_))
    }
}

mod virtio;

/// All that is not the VMM.
struct World {
    memory: Vec<AtomicU64>,
    kernel: Vec<u8>,
    state: Box<State>,
    vcpu: FakeVcpu,
    wire: RefCell<FakeSerial>,
    number: u32,
}

impl World {
    /// `prepares`: the kernel injects the virtual timer's interrupt.
    fn new(prepares: bool) -> Self {
        let memory = (0..0x4000).map(|_| AtomicU64::new(0)).collect();
        let (state, mut vcpu) = (Box::new(State::new()), FakeVcpu::new());
        vcpu.prepares_timer = prepares;
        Self { memory, kernel: file(0, 0x100, 0, 0x80), state, vcpu, wire: RefCell::default(), number: 0 }
    }

    /// As it is now.
    fn copy(&self) -> Self {
        let memory = self.memory.iter().map(|word| AtomicU64::new(word.load(Relaxed))).collect();
        let Self { kernel, state, vcpu, wire, number, .. } = self;
        let (kernel, state, vcpu, wire) = (kernel.clone(), state.clone(), vcpu.clone(), wire.clone());
        Self { memory, kernel, state, vcpu, wire, number: *number }
    }

    /// Runs a VMM; `false`: it was killed.
    fn with(&mut self, work: impl FnOnce(&mut Vm<'_, Wire<'_>>, &mut FakeVcpu)) -> bool {
        let config = Config::parse(b"name = vm\nguest = bare64\n").expect("a configuration");
        let images = Images { kernel: &self.kernel, initrd: &[] };
        let ram = GuestRam::new(&self.memory, |_| {});
        let (state, vcpu, wire) = (&mut self.state, &mut self.vcpu, Wire(&self.wire));
        let given = Provisions { images, ram, seconds: fake::seconds, seed: Seed::new([1, 2, 3, 4]) };
        let run = AssertUnwindSafe(|| work(&mut Vm::new(config, given, wire, state), vcpu));
        match catch_unwind(run) {
            Ok(()) => true,
            Err(payload) if payload.is::<Killed>() => false,
            Err(payload) => std::panic::resume_unwind(payload),
        }
    }

    /// The words of a message, from the registers as they are now.
    fn words(&self, event: Event) -> (u64, Vec<u64>) {
        let Event::Fault { label, word, esr, .. } = event else { panic!("no fault") };
        let spsr = self.vcpu.spsr() | u64::from(self.number) << fault_context::NUMBER_SHIFT;
        let x = |esr| match arm_syndrome::iss::named_register(esr) {
            31 => 0,
            n => self.vcpu.x(n as u8),
        };
        match label {
            6 => {
                let status = fault_context::abort_status(esr, self.vcpu.spsr());
                (fault_context::abort_label(self.number), std::vec![status, self.vcpu.pc(), word, x(esr)])
            }
            8 => (label, std::vec![esr, self.vcpu.pc(), spsr, x(esr)]),
            _ => (label, std::vec![word, self.number.into()]),
        }
    }

    /// The registers before a trap, or the input. The message, if there is one.
    fn prepare(&mut self, event: Event) -> Option<(u64, Vec<u64>)> {
        if let Event::Fault { label, word, esr, x } = event {
            self.number += 1;
            self.vcpu.set_pc(PC);
            // If it waited, its timer has ended that.
            (self.vcpu.stopped, self.vcpu.has_fault) = (false, true);
            if let Event::Fault { label: MAINTENANCE, .. } = event {
                let taken = self.vcpu.interface.acknowledge();
                self.vcpu.interface.end(taken);
                self.vcpu.interface.maintenance();
            }
            if (label, word) == (TIMER, 30) {
                // It comes once.
                self.vcpu.alarm = None;
            } else if label == TIMER && self.vcpu.interface.forward_timer() {
                // The event is one from before; the guest has this one, and handles it.
                self.vcpu.interface.acknowledge();
            }
            if let n @ 0..31 = arm_syndrome::iss::named_register(esr) {
                self.vcpu.set_x(n as u8, x);
            } else if label == 6 {
                self.memory[(PC - RAM) as usize / 8].store(x, Relaxed);
                self.vcpu.set_x(3, word);
            }
        } else if let Event::Input(bytes) = event {
            self.wire.borrow_mut().input.extend(bytes);
        } else if let Event::Ram(at, words) = event {
            let cells = &self.memory[(at - RAM) as usize / 8..];
            cells.iter().zip(words).for_each(|(cell, word)| cell.store(*word, Relaxed));
        } else if let Event::Time(now) = event {
            self.vcpu.now = now;
        } else if let Event::Room(has_room) = event {
            self.wire.borrow_mut().full = !has_room;
        }
        matches!(event, Event::Fault { .. }).then(|| self.words(event))
    }

    /// What a VMM makes of it; `None`: it was killed.
    fn handle(&mut self, message: &Option<(u64, Vec<u64>)>) -> Option<(Next, Option<ReplyContext>)> {
        let mut result = (Next::Stay, None);
        let alive = self.with(|vm, vcpu| match message {
            Some((label, words)) => {
                let (given, number) = (FaultContext::from_message(*label, words), number(*label, words));
                result = vm.exit(Exit::from_message(*label, words), given, number, vcpu);
            }
            None => vm.notified(vcpu),
        });
        alive.then_some(result)
    }

    /// Another VMM takes over. `lost`: the fault, if there is one, can get no reply.
    fn recover(&mut self, event: Event, lost: bool) -> Option<(Next, Option<ReplyContext>)> {
        assert_eq!(self.state.find(), Ok(Found::Left));
        let (label, words) = if self.vcpu.has_fault { self.words(event) } else { (0, Vec::new()) };
        let message = Message { label, words: &words };
        let waits = match (self.vcpu.has_fault, self.vcpu.stopped) {
            (true, _) if lost => Waits::Lost(message),
            (true, _) => Waits::ForReply(message),
            (false, true) => Waits::Stopped,
            (false, false) => Waits::Elsewhere,
        };
        let mut result = None;
        self.with(|vm, vcpu| result = Some(vm.recover(waits, vcpu).expect("it starts")));
        result
    }

    /// One event, with the VMM killed at a point if there are so many; and again in its recovery. Whether it was.
    fn happen(&mut self, event: Event, kills: &[u32]) -> bool {
        let mut kills = kills.iter().copied();
        let message = self.prepare(event);
        if event.is_silent() {
            return false;
        }
        kill_after(kills.next());
        let mut result = self.handle(&message);
        let was_killed = result.is_none();
        while result.is_none() {
            kill_after(kills.next());
            result = self.recover(event, false);
        }
        kill_after(None);
        result.into_iter().for_each(|result| self.vcpu.conclude(result));
        was_killed
    }

    /// One event whose reply gets lost, and the VMM that is started for that killed at a point if there are so many.
    /// Whether it was; `None`: there is no reply.
    fn lose_reply(&mut self, event: Event, kill: u32) -> Option<bool> {
        let message = self.prepare(event);
        let before = self.vcpu.restarts;
        let (next, _) = self.handle(&message)?;
        if next == Next::Stay || message.is_none() {
            return None;
        }
        let mut kill = Some(kill);
        loop {
            kill_after(kill);
            let result = self.recover(event, true);
            kill_after(None);
            if let Some(result) = result {
                // Nothing is left for a reply, which nobody would get.
                assert_eq!(result, (Next::Stay, None));
                assert!(!self.vcpu.has_fault);
                assert_eq!(self.vcpu.restarts, before + usize::from(next == Next::Resume));
                return Some(kill.is_none());
            }
            kill = None;
        }
    }

    /// What the guest, its devices' drivers and the console could find.
    fn view(&mut self) -> String {
        let mut words = [0; NUM_REGISTERS];
        self.vcpu.read_registers(&mut words);
        let system: BTreeMap<_, _> = self.vcpu.system.iter().collect();
        let debug: BTreeMap<_, _> = self.vcpu.debug.iter().collect();
        let list = (self.vcpu.interface.read(), self.vcpu.interface.prepared());
        let is_on = self.state.vm.phase.live().get() == Phase::On;
        let tree: Vec<_> = self.memory[TREE..][..TREE_WORDS].iter().map(|word| word.load(Relaxed)).collect();
        // Of a vCPU that is off nobody sees the registers.
        words.iter_mut().filter(|_| !is_on).for_each(|word| *word = 0);
        let vectors = self.vcpu.vectors;
        let mut view = format!(
            "{words:x?} {vectors:x?}\n{tree:x?}\n{system:x?}\n{debug:x?}\n{list:x?}\n{}\n",
            self.wire.borrow().output()
        );
        self.with(|vm, vcpu| {
            let gic: Vec<_> = (0..0x1000).step_by(4).map(|offset| vm.platform.bus.gic.load(offset, 4, vcpu)).collect();
            let power = (vm.platform.phase.get(), vm.vcpus[0].power.state(), vm.vcpus[0].exits.traps(), vcpu.stopped);
            view.push_str(&format!("{gic:x?}\n{power:?}\n"));
            for offset in (0..0x50).step_by(4) {
                let read = vm.platform.bus.uart.load(offset, 4, &vm.platform.console);
                view.push_str(&format!("{read:x} "));
            }
            let (bus, mut outside) = vm.platform.devices(vcpu);
            for register in [0x10, 0x34, 0x44, 0x60, 0x70, 0x100] {
                let read = bus.peek(VIRTIO_CONSOLE + register, 4, &mut outside);
                view.push_str(&format!("{read:x?} "));
            }
            let read = (0..0x18).step_by(4).map(|offset| bus.clock.read(offset, 4, &mut outside));
            view.push_str(&format!("{:x?} {}\n", read.collect::<Vec<_>>(), bus.clock.line()));
            let timer = [TimerRegister::Control, TimerRegister::Compare]
                .map(|register| vm.vcpus[0].timer.read(register, vcpu.now));
            view.push_str(&format!("{timer:x?} {:x?}\n", vcpu.alarm));
        });
        let memory: Vec<_> = self.memory.iter().map(|word| word.load(Relaxed)).collect();
        let is_set = memory.iter().enumerate().filter(|(_, word)| **word != 0);
        view.push_str(&format!("\n{:x?}", is_set.collect::<Vec<_>>()));
        view
    }
}

const fn store(ipa: u64, x: u64) -> Event {
    Event::Fault { label: 6, word: ipa, esr: 0x24 << 26 | 1 << 25 | 1 << 24 | 2 << 22 | 1 << 16 | 1 << 6 | 7, x }
}

const fn load(ipa: u64) -> Event {
    Event::Fault { label: 6, word: ipa, esr: 0x24 << 26 | 1 << 25 | 1 << 24 | 2 << 22 | 2 << 16 | 7, x: 0 }
}

/// A data abort without a description, of this instruction.
const fn undescribed(ipa: u64, instruction: u64, write: u64) -> Event {
    Event::Fault { label: 6, word: ipa, esr: 0x24 << 26 | 1 << 25 | write << 6 | 7, x: instruction }
}

const fn register(op: [u64; 5], read: bool, x: u64) -> Event {
    let [op0, op1, crn, crm, op2] = op;
    let iss = op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | 1 << 5 | crm << 1 | read as u64;
    Event::Fault { label: 8, word: 0, esr: 0x18 << 26 | 1 << 25 | iss, x }
}

const fn call(function: u64) -> Event {
    Event::Fault { label: 8, word: 0, esr: 0x5a00_0000, x: function }
}

const fn other(label: u64, word: u64) -> Event {
    Event::Fault { label, word, esr: 0, x: 0 }
}

/// A WFI with nothing pending.
const WAITS: &str = "WFI";
const WFI: Event = Event::Fault { label: 8, word: 0, esr: 0x07e0_0000, x: 0 };

/// Each kind of exit, in an order in which each finds something to do.
const EVENTS: [(&str, Event); 92] = [
    ("GICD_CTLR", store(GICD, 1)),
    ("GICD_ISENABLER0", store(GICD + 0x100, 1 << 27)),
    ("GICD_ISENABLER1", store(GICD + 0x104, 2)),
    ("GICD_IPRIORITYR", store(GICD + 0x420, 0x8080_4080)),
    ("GICD_ITARGETSR", store(GICD + 0x820, 0x0101_0101)),
    ("GICD_ICFGR", store(GICD + 0xc08, 0xa)),
    ("GICD read", load(GICD + 0x104)),
    ("UARTCR", store(UART + 0x30, 0x301)),
    ("UARTLCR_H", store(UART + 0x2c, 0x70)),
    ("UARTIMSC", store(UART + 0x38, 0x50)),
    ("UARTDR write", store(UART, b'a' as u64)),
    ("UARTDR newline", store(UART, b'\n' as u64)),
    ("UARTFR", load(UART + 0x18)),
    ("input", Event::Input(b"xyz")),
    ("UARTDR read", load(UART)),
    ("UARTDR read again", load(UART)),
    ("UARTICR", store(UART + 0x44, 0x7ff)),
    ("GICD_ISENABLER1 of the clock", store(GICD + 0x104, 4)),
    ("RTCIMSC", store(CLOCK + 0x10, 1)),
    ("RTCLR", store(CLOCK + 8, 1000)),
    ("RTCMR, for now", store(CLOCK + 4, 1000)),
    ("RTCMIS", load(CLOCK + 0x18)),
    ("RTCICR", store(CLOCK + 0x1c, 1)),
    ("maintenance of the UART's", other(7, 0)),
    ("GICD_SGIR", store(GICD + 0xf00, 2 << 24 | 5)),
    ("GICD_ISPENDR", store(GICD + 0x200, 1 << 27)),
    ("timer", other(9, 27)),
    ("WFI with something pending", WFI),
    ("maintenance 0", other(7, 0)),
    ("maintenance 1", other(7, 1)),
    ("maintenance of none", other(7, u64::MAX)),
    ("UARTDR read of the last", load(UART)),
    (WAITS, WFI),
    ("timer of a vCPU that waited", other(9, 27)),
    ("maintenance of the timer's", other(7, 0)),
    ("CPU_SUSPEND", call(0x8400_0001)),
    ("input for a vCPU that waits", Event::Input(b"w")),
    ("UARTDR read of that", load(UART)),
    ("MDSCR_EL1 write", register([2, 0, 0, 2, 2], false, 0x8000)),
    ("DBGBVR1_EL1 write", register([2, 0, 0, 1, 4], false, 0x1234_5678)),
    ("DBGBVR1_EL1 read", register([2, 0, 0, 1, 4], true, 0)),
    ("OSLAR_EL1", register([2, 0, 1, 0, 4], false, 1)),
    ("OSLSR_EL1", register([2, 0, 1, 1, 4], true, 0)),
    ("DBGCLAIMSET_EL1", register([2, 0, 7, 8, 6], false, 5)),
    ("DBGCLAIMCLR_EL1", register([2, 0, 7, 9, 6], false, 1)),
    ("an unknown register", register([3, 1, 15, 2, 0], true, 0)),
    ("STP post-index", undescribed(GICD + 0x430, 0x2881_0861, 1)),
    ("LDP pre-index", undescribed(GICD + 0x430, 0x29c0_0861, 0)),
    ("LDP that takes input", undescribed(UART, 0x28c1_0861, 0)),
    ("STR post-index to UARTDR", undescribed(UART, 0xb800_4461, 1)),
    ("LDR of a vector", undescribed(GICD + 0x420, 0x3cc1_0462, 0)),
    ("STR of a vector", undescribed(GICD + 0x440, 0x3c81_0462, 1)),
    ("LDXR", undescribed(GICD + 0x420, 0x885f_7c61, 0)),
    ("nothing there", load(0x0a00_0000)),
    ("PSCI_VERSION", call(0x8400_0000)),
    ("an unknown call", call(0x8400_00ff)),
    ("GICD_IPRIORITYR of SGIs, below the guest's mask", store(GICD + 0x404, 0xf8f8_f8f8)),
    ("GICD_IPRIORITYR of more of them", store(GICD + 0x408, 0xf8f8_f8f8)),
    ("SGI 4", store(GICD + 0xf00, 2 << 24 | 4)),
    ("SGI 5", store(GICD + 0xf00, 2 << 24 | 5)),
    ("SGI 6", store(GICD + 0xf00, 2 << 24 | 6)),
    ("SGI 7", store(GICD + 0xf00, 2 << 24 | 7)),
    ("SGI 8, for which no list register is left", store(GICD + 0xf00, 2 << 24 | 8)),
    ("GICD_ISPENDR read", load(GICD + 0x200)),
    ("GICD_CPENDSGIR", store(GICD + 0xf14, 1 << 24)),
    ("WFI with masked interrupts", WFI),
    ("input for a vCPU that waits with full list registers", Event::Input(b"v")),
    ("UARTDR read, and a level falls", load(UART)),
    ("the timer's interrupt", other(TIMER, 27)),
    ("GICD_IPRIORITYR of the timer", store(GICD + 0x418, 0x4000_0000)),
    ("GICD_ICENABLER0 of the timer", store(GICD + 0x180, 1 << 27)),
    ("GICD_ISENABLER0 of the timer", store(GICD + 0x100, 1 << 27)),
    ("GICD_ICACTIVER0 of the timer", store(GICD + 0x380, 1 << 27)),
    ("the timer's interrupt again", other(TIMER, 27)),
    ("GICD_ISENABLER0 of the physical timer", store(GICD + 0x100, 1 << 30)),
    ("CNTPCT_EL0", register([3, 3, 14, 0, 1], true, 0)),
    ("CNTP_CVAL_EL0", register([3, 3, 14, 2, 2], false, 500)),
    ("CNTP_CTL_EL0", register([3, 3, 14, 2, 1], false, 1)),
    ("an alarm too early", other(TIMER, 30)),
    ("500 ticks", Event::Time(500)),
    ("the alarm", other(TIMER, 30)),
    ("CNTP_CTL_EL0 read", register([3, 3, 14, 2, 1], true, 0)),
    ("CNTP_TVAL_EL0, and the level falls", register([3, 3, 14, 2, 0], false, 100)),
    ("RTCMR, for a second from now", store(CLOCK + 4, 1001)),
    ("RTCIMSC again", store(CLOCK + 0x10, 1)),
    ("CNTP_CTL_EL0 off, and the clock's alarm is left", register([3, 3, 14, 2, 1], false, 0)),
    ("CNTP_CVAL_EL0 of a time that was", register([3, 3, 14, 2, 2], false, 7)),
    ("CNTP_CTL_EL0 of that", register([3, 3, 14, 2, 1], false, 1)),
    ("GICD_CTLR off", store(GICD, 0)),
    ("GICD_CTLR on", store(GICD, 1)),
    ("SYSTEM_RESET", call(0x8400_0009)),
    ("SYSTEM_OFF", call(0x8400_0008)),
];

/// The events before one, as the common history. `prepares`: the kernel can have the timer's interrupt.
fn before(index: usize, prepares: bool) -> World {
    after(&EVENTS[..index], prepares)
}

/// After these events.
fn after(events: &[(&str, Event)], prepares: bool) -> World {
    let mut world = World::new(prepares);
    assert!(world.with(|vm, vcpu| vm.start(vcpu).expect("it starts")));
    world.vcpu.system.insert(VcpuReg::Vbar as u64, 0x4000_8000);
    (world.vcpu.interface.control, world.vcpu.interface.mask) = (1, 0xf8);
    events.iter().for_each(|(_, event)| assert!(!world.happen(*event, &[])));
    world
}

/// A VMM that is killed says nothing.
fn hush() {
    std::panic::set_hook(Box::new(|info| {
        if !info.payload().is::<Killed>() {
            std::eprintln!("{info}");
        }
    }));
}

#[test]
fn no_crash_point_is_visible() {
    kill_everywhere(&EVENTS, false);
}

#[test]
fn no_crash_point_is_visible_where_the_kernel_has_the_timer() {
    kill_everywhere(&EVENTS, true);
}

/// Kills a VMM at each crash point of each event, and its successor at some: what the guest finds is the same. How many
/// points there were.
fn kill_everywhere(events: &[(&str, Event)], prepares: bool) -> usize {
    hush();
    let (mut points, mut twice, mut differ) = (0, 0, Vec::new());
    let mut before = after(&[], prepares);
    for (name, event) in events {
        let mut next = before.copy();
        assert!(!next.happen(*event, &[]));
        let good = next.copy().view();
        for point in 0.. {
            let mut world = before.copy();
            if !world.happen(*event, &[point]) {
                break;
            }
            points += 1;
            let view = world.view();
            if view != good {
                let lines = view.lines().zip(good.lines()).filter(|(a, b)| a != b);
                differ.push(format!("{name} at {point}: {lines:?}", lines = lines.collect::<Vec<_>>()));
            }
            for again in [0, 1, 3, 7, 15] {
                let mut world = before.copy();
                world.happen(*event, &[point, again]);
                twice += 1;
                if world.view() != good {
                    differ.push(format!("{name} at {point}, and in the recovery at {again}"));
                }
            }
        }
        before = next;
    }
    std::println!(
        "{} kinds of exit, {points} crash points, {twice} with another crash: {} differ",
        events.len(),
        differ.len()
    );
    assert!(differ.is_empty(), "{differ:#?}");
    points
}

#[test]
fn no_lost_reply_is_visible() {
    let lost = [false, true].map(lose_each_reply);
    std::println!("{lost:?} lost replies");
    assert!(lost.iter().all(|&lost| lost > EVENTS.len()));
}

/// How many there were.
fn lose_each_reply(prepares: bool) -> usize {
    hush();
    let mut lost = 0;
    let mut next = after(&[], prepares);
    for (name, event) in &EVENTS {
        let before = next.copy();
        next.happen(*event, &[]);
        let good = next.copy().view();
        for point in 0.. {
            let mut world = before.copy();
            let Some(was_killed) = world.lose_reply(*event, point) else { break };
            lost += 1;
            assert!(world.view() == good, "{name}, its reply lost, and the recovery killed at {point}");
            if !was_killed {
                break;
            }
        }
    }
    lost
}

/// A VMM that is killed while it waits for a message.
#[test]
fn a_vcpu_is_left_as_it_is_while_nobody_handles_an_exit() {
    hush();
    for (index, (name, event)) in EVENTS.iter().enumerate() {
        let mut world = before(index, true);
        world.happen(*event, &[]);
        let (good, restarts) = (world.view(), world.vcpu.restarts);
        for kill in 0.. {
            kill_after(Some(kill));
            let result = world.recover(*event, false);
            kill_after(None);
            if let Some(result) = result {
                assert_eq!(result, (Next::Stay, None), "{name}");
                break;
            }
        }
        assert_eq!((world.view(), world.vcpu.restarts), (good, restarts), "{name}");
    }
}

/// Whichever instruction a VMM dies at, and whichever its successor does: a vCPU for which there is input runs. The signals
/// that told of the input died with them.
#[test]
fn no_wake_up_is_lost() {
    hush();
    let index = EVENTS.iter().position(|(name, _)| *name == WAITS).expect("it is there");
    let mut deaths = 0;
    let mut runs = |mut world: World, kills: &[u32], what: &str| {
        let mut kills = kills.iter().copied();
        loop {
            kill_after(kills.next());
            let result = world.recover(WFI, false);
            kill_after(None);
            deaths += 1;
            if let Some(result) = result {
                world.vcpu.conclude(result);
                break;
            }
        }
        assert!(!world.vcpu.stopped && !world.vcpu.has_fault, "{what}");
    };
    // It dies in the exit, and the input comes then.
    for (point, again) in (0..40).flat_map(|point| [0, 1, 2, 3, 5, 8, 13, 99].map(|again| (point, again))) {
        let mut world = before(index, false);
        let message = world.prepare(WFI);
        kill_after(Some(point));
        let result = world.handle(&message);
        kill_after(None);
        if let Some(result) = result {
            assert_eq!(result.0, Next::Wait, "it waits");
            assert!(point > 5, "there are points in it");
            world.vcpu.conclude(result);
        }
        world.prepare(Event::Input(b"w"));
        runs(world, &[again], &format!("killed at {point}, then at {again}"));
    }
    // It dies while it takes the input.
    for (point, again) in (0..40).flat_map(|point| [0, 1, 2, 3, 5, 8, 13, 99].map(|again| (point, again))) {
        let mut world = before(index, false);
        world.happen(WFI, &[]);
        assert!(world.vcpu.stopped);
        world.prepare(Event::Input(b"w"));
        kill_after(Some(point));
        world.handle(&None);
        kill_after(None);
        runs(world, &[again], &format!("killed at {point} of the input, then at {again}"));
    }
    assert!(deaths > 1000, "{deaths}");
}

/// The VMM is killed in a reset, and its successor at each of its crash points. `lost`: the fault in which the guest asked
/// for the reset can get no reply from the first death on.
#[test]
fn a_reset_is_finished_whoever_dies_in_it() {
    for lost in [false, true] {
        killed_in_a_reset(lost, 0, &[0, 30, 60, 80, 110, u32::MAX]);
        // One that waits.
        killed_in_a_reset(lost, crate::vm::phase::FREE, &[0, 5, 10, 15, u32::MAX]);
    }
}

/// After so many resets in a row.
fn killed_in_a_reset(lost: bool, resets: u64, points: &[u32]) {
    hush();
    let index = EVENTS.iter().position(|(name, _)| *name == "SYSTEM_RESET").expect("it is there");
    let event = EVENTS[index].1;
    let before = || {
        let mut world = before(index, false);
        (0..resets).for_each(|_| assert!(!world.happen(event, &[])));
        world
    };
    let mut good = before();
    good.happen(event, &[]);
    assert_eq!(good.vcpu.stopped, resets > 0);
    let good = good.view();
    for &point in points {
        for again in 0.. {
            let mut world = before();
            let message = world.prepare(event);
            kill_after(Some(point));
            let result = world.handle(&message);
            kill_after(None);
            assert_eq!(result.is_none(), point != u32::MAX);
            kill_after(Some(again));
            let mut result = world.recover(event, lost);
            kill_after(None);
            let was_killed = result.is_none();
            if was_killed {
                result = world.recover(event, lost);
            }
            result.into_iter().for_each(|result| world.vcpu.conclude(result));
            assert_eq!(world.view(), good, "killed at {point}, then at {again}, lost {lost}");
            assert_eq!((world.vcpu.stopped, world.vcpu.has_fault), (resets > 0, false));
            if !was_killed {
                break;
            }
        }
    }
}
