// SPDX-License-Identifier: MIT OR Apache-2.0
//! All that is not the VMM: guest, kernel, serial driver, state region. A VMM in it is killed wherever a test says.

use super::*;
use crate::boot::image::tests::file;
use crate::boot::{Images, Seed};
use crate::bus::MmioDevice;
use crate::config::Config;
use crate::fake::{self, FakeDisk, FakeNetwork, FakeSerial, FakeVcpu, Killed, kill_after};
use crate::guest_map::{RAM, VIRTIO_BLOCK, VIRTIO_CONSOLE, VIRTIO_NET, VIRTIO_RNG};
use crate::guest_ram::GuestRam;
use crate::state::{Found, State};
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

pub(super) const PC: u64 = 0x4000_0100;
pub(super) const UART: u64 = 0x0900_0000;
pub(super) const CLOCK: u64 = 0x0901_0000;
/// Label of a VGICMaintenance.
pub(super) const MAINTENANCE: u64 = 7;
/// Label of a VPPIEvent.
pub(super) const TIMER: u64 = 9;
pub(super) const GICD: u64 = 0x0800_0000;

/// Where the device tree is in RAM of 128 KiB, in words, and more than it has of them.
pub(super) const TREE: usize = 0x2000;
pub(super) const TREE_WORDS: usize = 0x200;

/// The serial driver's rings outlive a VMM.
pub(super) struct Wire<'a>(pub(super) &'a RefCell<FakeSerial>);

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
pub(super) enum Event {
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
    /// The block driver serves so many requests, and signals.
    Disk(usize),
    /// The switch has a frame of so many bytes, all of which are this one, so many times, and signals.
    Frames(usize, u8, usize),
    /// The network's wire comes or goes.
    Wire(bool),
    /// The switch takes so many frames, and signals.
    Carry(usize),
    /// gdb says something.
    Gdb(&'static [u8]),
}

impl Event {
    /// Something of which the VMM does not hear.
    pub(super) const fn is_silent(self) -> bool {
        matches!(self, Self::Ram(..) | Self::Room(_) | Self::Time(_))
    }
}

/// The words of a vCPU's message of that number, from its registers as they are now.
pub(super) fn words(vcpu: &FakeVcpu, number: u32, event: Event) -> (u64, Vec<u64>) {
    let Event::Fault { label, word, esr, .. } = event else { panic!("no fault") };
    let spsr = vcpu.spsr() | u64::from(number) << fault_context::NUMBER_SHIFT;
    let x = |esr| match arm_syndrome::iss::named_register(esr) {
        31 => 0,
        n => vcpu.x(n as u8),
    };
    match label {
        6 => {
            let status = fault_context::abort_status(esr, vcpu.spsr());
            (fault_context::abort_label(number), std::vec![status, vcpu.pc(), word, x(esr)])
        }
        8 => (label, std::vec![esr, vcpu.pc(), spsr, x(esr)]),
        _ => (label, std::vec![word, number.into()]),
    }
}

/// All that is not the VMM.
pub(super) struct World {
    pub(super) memory: Vec<AtomicU64>,
    pub(super) kernel: Vec<u8>,
    pub(super) state: Box<State>,
    pub(super) vcpu: FakeVcpu,
    pub(super) wire: RefCell<FakeSerial>,
    /// The line to gdb.
    pub(super) debug_wire: RefCell<FakeSerial>,
    pub(super) disk: FakeDisk,
    pub(super) network: FakeNetwork,
    pub(super) number: u32,
}

impl World {
    /// `prepares`: the kernel injects the virtual timer's interrupt.
    pub(super) fn new(prepares: bool) -> Self {
        let memory = (0..0x4000).map(|_| AtomicU64::new(0)).collect();
        let (state, mut vcpu) = (Box::new(State::new()), FakeVcpu::new());
        vcpu.prepares_timer = prepares;
        let (kernel, disk) = (file(0, 0x100, 0, 0x80), FakeDisk::new(8, 1, false));
        let (wire, debug_wire, network) = (RefCell::default(), RefCell::default(), FakeNetwork::default());
        Self { memory, kernel, state, vcpu, wire, debug_wire, disk, network, number: 0 }
    }

    /// As it is now.
    pub(super) fn copy(&self) -> Self {
        let memory = self.memory.iter().map(|word| AtomicU64::new(word.load(Relaxed))).collect();
        let Self { kernel, state, vcpu, wire, debug_wire, number, .. } = self;
        let (kernel, state, vcpu, wire) = (kernel.clone(), state.clone(), vcpu.clone(), wire.clone());
        let debug_wire = debug_wire.clone();
        let (disk, network) = (self.disk.copy(), self.network.copy());
        Self { memory, kernel, state, vcpu, wire, debug_wire, disk, network, number: *number }
    }

    /// Runs a VMM; `false`: it was killed.
    pub(super) fn with(&mut self, work: impl FnOnce(&mut Vm<'_, Wire<'_>>, &mut FakeVcpu)) -> bool {
        let config = Config::parse(b"name = vm\nguest = bare64\n").expect("a configuration");
        let images = Images { kernel: &self.kernel, initrd: &[] };
        let ram = GuestRam::new(&self.memory, |_| {});
        let (state, vcpu, wire) = (&mut self.state, &mut self.vcpu, Wire(&self.wire));
        let debug_wire = Wire(&self.debug_wire);
        let given = Provisions {
            images,
            ram,
            disk: Some(self.disk.backend()),
            network: Some(self.network.backend()),
            seconds: fake::seconds,
            seed: Seed::new([1, 2, 3, 4]),
        };
        let run = AssertUnwindSafe(|| {
            let mut vm = Vm::new(config, given, wire, state);
            vm.set_debug_line(debug_wire);
            work(&mut vm, vcpu);
        });
        match catch_unwind(run) {
            Ok(()) => true,
            Err(payload) if payload.is::<Killed>() => false,
            Err(payload) => std::panic::resume_unwind(payload),
        }
    }

    /// The words of a message, from the registers as they are now.
    pub(super) fn words(&self, event: Event) -> (u64, Vec<u64>) {
        words(&self.vcpu, self.number, event)
    }

    /// The registers before a trap, or the input. The message, if there is one.
    pub(super) fn prepare(&mut self, event: Event) -> Option<(u64, Vec<u64>)> {
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
        } else if let Event::Disk(count) = event {
            (0..count).for_each(|_| assert!(self.disk.serve_one(), "a request"));
        } else if let Event::Frames(length, byte, count) = event {
            (0..count).for_each(|_| assert!(self.network.deliver(&std::vec![byte; length]), "a buffer"));
        } else if let Event::Carry(count) = event {
            (0..count).for_each(|_| assert!(self.network.carry(), "a frame"));
        } else if let Event::Wire(is_up) = event {
            self.network.set_up(is_up);
        } else if let Event::Gdb(bytes) = event {
            self.debug_wire.borrow_mut().input.extend(bytes);
        } else if let Event::Room(has_room) = event {
            self.wire.borrow_mut().full = !has_room;
        }
        matches!(event, Event::Fault { .. }).then(|| self.words(event))
    }

    /// What a VMM makes of it; `None`: it was killed.
    pub(super) fn handle(&mut self, message: &Option<(u64, Vec<u64>)>) -> Option<(Next, Option<ReplyContext>)> {
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
    pub(super) fn recover(&mut self, event: Event, lost: bool) -> Option<(Next, Option<ReplyContext>)> {
        assert_eq!(self.state.find(), Ok(Found::Left));
        let (label, words) = if self.vcpu.has_fault { self.words(event) } else { (0, Vec::new()) };
        let message = Message::new(label, &words);
        let waits = match (self.vcpu.has_fault, self.vcpu.stopped) {
            (true, _) if lost => Waits::Lost(message),
            (true, _) => Waits::ForReply(message),
            (false, true) => Waits::Stopped,
            (false, false) => Waits::Elsewhere,
        };
        let mut result = None;
        self.with(|vm, vcpu| result = Some(vm.recover(|_| waits.clone(), vcpu).expect("it starts")));
        result
    }

    /// One event, with the VMM killed at a point if there are so many; and again in its recovery. Whether it was.
    pub(super) fn happen(&mut self, event: Event, kills: &[u32]) -> bool {
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
    pub(super) fn lose_reply(&mut self, event: Event, kill: u32) -> Option<bool> {
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
    pub(super) fn view(&mut self) -> String {
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
            view.push_str(&format!("{:x?}\n", vm.platform.debugger.kept()));
            for offset in (0..0x50).step_by(4) {
                let read = vm.platform.bus.uart.load(offset, 4, &vm.platform.console);
                view.push_str(&format!("{read:x} "));
            }
            let (bus, mut outside) = vm.platform.devices(vcpu);
            for register in [0x10, 0x34, 0x44, 0x60, 0x70, 0x100] {
                for device in [VIRTIO_CONSOLE, VIRTIO_BLOCK, VIRTIO_NET, VIRTIO_RNG] {
                    let read = bus.peek(device + register, 4, &mut outside);
                    view.push_str(&format!("{read:x?} "));
                }
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
        view.push_str(&format!("\n{} requests, {:x}", self.disk.served.get(), self.disk.digest.get()));
        let sent: Vec<_> =
            self.network.sent.borrow().iter().map(|frame| (frame.len(), frame.first().copied())).collect();
        view.push_str(&format!("\n{sent:?} {}", self.network.has_all_buffers()));
        view.push_str(&format!("\n{} {}", self.debug_wire.borrow().output(), self.vcpu.attached));
        view
    }
}
