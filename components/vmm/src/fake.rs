// SPDX-License-Identifier: MIT OR Apache-2.0
//! A vCPU, a serial line, a disk and a network for host tests.

mod cpu_interface;
mod disk;
mod network;
mod several;

pub use cpu_interface::{CpuInterface, SPURIOUS};
pub use disk::FakeDisk;
pub use network::{FakeNetwork, take_signals};
pub use several::FakeVcpus;

use crate::device::gic::{Format, Inject, Interface};
use crate::exit::{Next, ReplyContext};
use crate::vcpu::{
    Counts, DebugBackend, DebugRegister, DebugUse, FP_WORDS, KernelVcpu, PC, PowerState, SPSR, VcpuId, VcpuReg,
    VcpuState, Width, X,
};
use arm_syndrome::SysReg;
use lazaret_abi::fault_context;
use sel4_abi::user_context::NUM_REGISTERS;
use std::collections::HashMap;
use std::vec::Vec;

thread_local! {
    /// Crash points to pass before the VMM is killed; `None`: it is not.
    static LEFT: core::cell::Cell<Option<u32>> = const { core::cell::Cell::new(None) };
}

/// What a killed VMM unwinds with.
#[derive(Debug)]
pub struct Killed;

/// Kill this thread's VMM at the crash point after so many.
pub fn kill_after(points: Option<u32>) {
    LEFT.set(points);
}

/// A crash point: before or after everything that outlives the VMM.
pub fn crash_point() {
    match LEFT.get() {
        None => {}
        Some(0) => {
            LEFT.set(None);
            std::panic::panic_any(Killed);
        }
        Some(left) => LEFT.set(Some(left - 1)),
    }
}

thread_local! {
    /// The board's clock.
    static SECONDS: core::cell::Cell<u32> = const { core::cell::Cell::new(0) };
}

/// The time of the board's clock.
pub fn seconds() -> u32 {
    SECONDS.get()
}

/// Sets the board's clock.
pub fn set_seconds(seconds: u32) {
    SECONDS.set(seconds);
}

/// An effect between two crash points.
fn effect<R>(what: impl FnOnce() -> R) -> R {
    crash_point();
    let result = what();
    crash_point();
    result
}

/// A vCPU's registers, and what was done to it.
#[derive(Clone, Debug)]
pub struct FakeVcpu {
    words: [u64; NUM_REGISTERS],
    /// Words of the context that were read.
    pub words_read: usize,
    /// And written.
    pub words_written: usize,
    /// How often it was started again.
    pub restarts: usize,
    /// It is stopped.
    pub stopped: bool,
    /// Its fault is not answered.
    pub has_fault: bool,
    /// The kernel takes a reply that stops it.
    pub stops_by_reply: bool,
    /// EL1's registers, by number.
    pub system: HashMap<u64, u64>,
    /// Debug registers, by word.
    pub debug: HashMap<u64, u64>,
    /// Debug writes that flagged the bank dirty.
    pub dirty: usize,
    /// List registers and interrupts that were injected.
    pub injected: Vec<(u8, u16)>,
    /// The guest's CPU interface, with the list registers.
    pub interface: CpuInterface,
    /// It was stopped outside its exits.
    pub held: bool,
    /// How often the interrupt interface was reset.
    pub interface_resets: usize,
    /// Virtual timer's interrupts that were acknowledged.
    pub acked: usize,
    /// EL1's.
    pub width: Width,
    /// The core has AArch32.
    pub has_aarch32: bool,
    /// The kernel injects the virtual timer's interrupt where it is asked to.
    pub prepares_timer: bool,
    /// The kernel has our extension.
    pub kernel_counts: bool,
    /// What only the kernel's extension has.
    pub states: HashMap<u64, u64>,
    /// V0 to V31, FPCR, FPSR.
    pub vectors: [u64; FP_WORDS],
    /// The virtual counter.
    pub now: u64,
    /// When its VMM is to be told.
    pub alarm: Option<u64>,
    /// An outside debugger has it.
    pub attached: bool,
}

impl Default for FakeVcpu {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeVcpu {
    /// With all registers 0, 64 bits wide.
    pub fn new() -> Self {
        Self {
            words: [0; NUM_REGISTERS],
            words_read: 0,
            words_written: 0,
            restarts: 0,
            stopped: false,
            has_fault: false,
            stops_by_reply: true,
            system: HashMap::new(),
            debug: HashMap::new(),
            dirty: 0,
            injected: Vec::new(),
            interface: CpuInterface::new(Format::V2),
            held: false,
            interface_resets: 0,
            acked: 0,
            width: Width::Aarch64,
            has_aarch32: true,
            prepares_timer: false,
            kernel_counts: true,
            states: HashMap::new(),
            vectors: [0; FP_WORDS],
            now: 100,
            alarm: None,
            attached: false,
        }
    }
    /// The program counter.
    pub fn pc(&self) -> u64 {
        self.words[PC]
    }
    /// Sets it.
    pub fn set_pc(&mut self, pc: u64) {
        self.words[PC] = pc;
    }
    /// SPSR_EL2.
    pub fn spsr(&self) -> u64 {
        self.words[SPSR]
    }
    /// Sets it.
    pub fn set_spsr(&mut self, spsr: u64) {
        self.words[SPSR] = spsr;
    }
    fn run(&mut self) {
        self.restarts += 1;
        (self.stopped, self.has_fault) = (false, false);
    }
    /// What the kernel makes of an exit's result: the reply, if there is one.
    pub fn conclude(&mut self, (next, context): (Next, Option<ReplyContext>)) {
        if next != Next::Stay {
            (self.stopped, self.has_fault) = (next != Next::Resume, false);
            if let Some(context) = context {
                self.take_reply(context);
            }
        }
    }
    /// What the kernel takes from a reply.
    pub fn take_reply(&mut self, [pc, spsr, register, value]: ReplyContext) {
        (self.words[PC], self.words[SPSR]) = (pc, spsr);
        if let Some((register, dirty)) = fault_context::debug_written(register) {
            self.debug.insert(register.to_word(), value);
            self.dirty += usize::from(dirty);
        } else if let Some(&position) = X.get(register as usize) {
            self.words[usize::from(position)] = value;
        }
    }
    /// The stack pointer of EL0.
    pub fn sp(&self) -> u64 {
        self.words[1]
    }
    /// Sets it.
    pub fn set_sp(&mut self, sp: u64) {
        self.words[1] = sp;
    }
    /// A general register.
    pub fn x(&self, n: u8) -> u64 {
        self.words[usize::from(X[usize::from(n)])]
    }
    /// Sets it.
    pub fn set_x(&mut self, n: u8, value: u64) {
        self.words[usize::from(X[usize::from(n)])] = value;
    }
}

impl Inject for FakeVcpu {
    fn current(&self) -> usize {
        0
    }
    fn inject(&mut self, _cpu: usize, index: u8, intid: u16, priority: u8, group: u8) -> bool {
        effect(|| {
            self.injected.push((index, intid));
            self.interface.inject(index, intid, priority, group)
        })
    }
    fn reset_interface(&mut self, _cpu: usize) -> bool {
        effect(|| self.interface_resets += 1);
        if self.kernel_counts {
            effect(|| self.interface.reset());
        }
        self.kernel_counts
    }
    fn ack_vppi(&mut self, _cpu: usize, _intid: u16) {
        effect(|| self.acked += 1);
    }
    fn timer_fires(&mut self, _cpu: usize) -> bool {
        let control = self.read_system_register(VcpuReg::CntvCtl);
        control & 3 == 1 && self.ticks() >= self.read_system_register(VcpuReg::CntvCval)
    }
    fn can_prepare_timer(&self) -> bool {
        self.prepares_timer
    }
    fn prepare_timer(&mut self, _cpu: usize, injection: Option<u64>) -> bool {
        let runs = !self.stopped && !self.has_fault;
        !runs && effect(|| self.interface.prepare_timer(injection))
    }
    fn can_take_back(&self) -> bool {
        self.kernel_counts
    }
    fn format(&self) -> Format {
        self.interface.format
    }
    fn hold(&mut self, _cpu: usize) -> bool {
        if !self.has_fault {
            effect(|| (self.held, self.stopped) = (true, true));
        }
        self.kernel_counts
    }
    fn read_interface(&mut self, _cpu: usize) -> Option<Interface> {
        let runs = !self.stopped && !self.has_fault;
        (self.kernel_counts && !runs).then(|| self.interface.read())
    }
    fn write_interface(&mut self, _cpu: usize, interface: &Interface) {
        assert!(self.stopped || self.has_fault, "it runs");
        effect(|| self.interface.write(interface));
    }
}

impl KernelVcpu for FakeVcpu {
    fn id(&self) -> VcpuId {
        VcpuId::BOOT
    }
    fn select(&mut self, id: VcpuId) {
        assert_eq!(id, VcpuId::BOOT, "there is one");
    }
    fn read_registers(&mut self, words: &mut [u64]) {
        self.words_read += words.len();
        words.copy_from_slice(&self.words[..words.len()]);
    }
    fn write_registers(&mut self, words: &[u64]) {
        effect(|| {
            self.words_written += words.len();
            self.words[..words.len()].copy_from_slice(words);
        });
    }
    fn stops_by_reply(&self) -> bool {
        self.stops_by_reply
    }
    fn start(&mut self, context: ReplyContext) {
        effect(|| {
            self.take_reply(context);
            self.run();
        });
    }
    fn restart(&mut self) {
        effect(|| self.run());
    }
    fn stop(&mut self) {
        effect(|| (self.stopped, self.has_fault) = (true, false));
    }
    fn wait(&mut self) -> bool {
        if self.stops_by_reply {
            self.stop();
        }
        self.stops_by_reply
    }
    fn wake(&mut self) {
        self.held = false;
        // On a kernel that cannot leave it stopped it still has its fault.
        if self.stopped || !self.stops_by_reply {
            effect(|| self.run());
        }
    }
    fn can_set_alarm(&self) -> bool {
        self.kernel_counts
    }
    fn set_alarm(&mut self, count: Option<u64>) {
        effect(|| self.alarm = count);
    }
    fn runs(&mut self) -> bool {
        !self.stopped && !self.has_fault
    }
    fn let_go(&mut self, power: PowerState) {
        if core::mem::take(&mut self.held) && power == PowerState::Running {
            self.restart();
        }
    }
    fn read_system_register(&mut self, register: VcpuReg) -> u64 {
        self.system.get(&(register as u64)).copied().unwrap_or(0)
    }
    fn write_system_register(&mut self, register: VcpuReg, value: u64) {
        effect(|| self.system.insert(register as u64, value));
    }
    fn ticks(&self) -> u64 {
        self.now
    }
    fn frequency(&self) -> u64 {
        1000
    }
    fn width(&self) -> Width {
        self.width
    }
    fn set_width(&mut self, width: Width) -> bool {
        let possible = width == Width::Aarch64 || self.has_aarch32;
        if possible {
            self.width = width;
        }
        possible
    }
    fn read_state(&mut self, state: VcpuState) -> u64 {
        self.states.get(&(state as u64)).copied().unwrap_or(0)
    }
    fn write_state(&mut self, state: VcpuState, value: u64) {
        self.states.insert(state as u64, value);
    }
    fn read_vectors(&mut self, words: &mut [u64; FP_WORDS]) -> bool {
        *words = self.vectors;
        self.kernel_counts
    }
    fn write_vectors(&mut self, words: &[u64; FP_WORDS]) -> bool {
        effect(|| self.vectors = *words);
        self.kernel_counts
    }
    fn attach_debugger(&mut self, attach: bool) -> bool {
        assert!(self.stopped || self.has_fault, "it runs");
        effect(|| self.attached = attach);
        self.kernel_counts
    }
    fn debug_use(&self) -> Option<DebugUse> {
        self.kernel_counts.then(|| DebugUse { exits: 7, ..DebugUse::default() })
    }
}

impl DebugBackend for FakeVcpu {
    type Error = ();

    fn counts(&self) -> Counts {
        Counts { breakpoints: 6, watchpoints: 4, contexts: 2 }
    }
    fn read(&mut self, register: DebugRegister) -> Result<u64, ()> {
        Ok(self.debug.get(&register.to_word()).copied().unwrap_or(0))
    }
    fn features(&mut self, register: SysReg) -> Result<u64, ()> {
        Ok(register.packed().into())
    }
    fn write(&mut self, register: DebugRegister, value: u64, dirty: bool) -> Result<(), ()> {
        effect(|| self.debug.insert(register.to_word(), value));
        self.dirty += usize::from(dirty);
        Ok(())
    }
}

/// A serial driver's end.
#[derive(Clone, Debug, Default)]
pub struct FakeSerial {
    /// All bytes, and how many of them the driver has been told of.
    sent: Vec<u8>,
    published: usize,
    forgotten: usize,
    /// What it has for the guest.
    pub input: Vec<u8>,
    /// How often it was called.
    pub rings: usize,
    /// It takes nothing.
    pub full: bool,
    /// It looks for output by itself.
    pub watched: bool,
    /// Somebody wants to hear when it takes some again.
    pub awaited: bool,
}

impl FakeSerial {
    /// What the driver was told of, since it was forgotten.
    pub fn output(&self) -> &str {
        std::str::from_utf8(&self.sent[self.forgotten..self.published]).expect("text")
    }
    /// From here on.
    pub fn forget(&mut self) {
        self.forgotten = self.published;
    }
}

impl crate::console::Serial for FakeSerial {
    fn has_room(&self, _written: u32) -> bool {
        !self.full
    }
    fn put(&mut self, written: u32, byte: u8) {
        if !self.full {
            effect(|| {
                self.sent.truncate(written as usize);
                self.sent.push(byte);
            });
        }
    }
    fn get(&self, taken: u32) -> Option<u8> {
        self.input.get(taken as usize).copied()
    }
    fn publish(&mut self, written: u32, _taken: u32) {
        effect(|| self.published = written as usize);
    }
    fn ring(&mut self) {
        effect(|| self.rings += 1);
    }
    fn is_watched(&self) -> bool {
        self.watched
    }
    fn await_room(&mut self, written: u32) -> bool {
        self.awaited = true;
        self.has_room(written)
    }
}
