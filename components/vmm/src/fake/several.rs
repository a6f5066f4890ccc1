// SPDX-License-Identifier: MIT OR Apache-2.0
//! The vCPUs of a VM that has several, of which one is selected.

use super::FakeVcpu;
use crate::device::gic::{Format, Inject, Interface};
use crate::exit::ReplyContext;
use crate::vcpu::{
    Counts, DebugBackend, DebugRegister, DebugUse, FP_WORDS, KernelVcpu, PowerState, VcpuId, VcpuReg, VcpuState, Width,
};
use arm_syndrome::SysReg;
use core::ops::{Deref, DerefMut};
use std::vec::Vec;

/// All of them. It is used as the selected one.
#[derive(Clone, Debug)]
pub struct FakeVcpus {
    /// By their numbers.
    pub all: Vec<FakeVcpu>,
    selected: VcpuId,
}

impl FakeVcpus {
    /// So many, all of them stopped.
    pub fn new(count: usize) -> Self {
        let all = (0..count).map(|_| FakeVcpu { stopped: true, ..FakeVcpu::new() }).collect();
        Self { all, selected: VcpuId::BOOT }
    }
}

impl Deref for FakeVcpus {
    type Target = FakeVcpu;

    fn deref(&self) -> &FakeVcpu {
        &self.all[self.selected.index()]
    }
}

impl DerefMut for FakeVcpus {
    fn deref_mut(&mut self) -> &mut FakeVcpu {
        &mut self.all[self.selected.index()]
    }
}

/// Methods that the vCPU of that number has.
macro_rules! numbered {
    ($(fn $name:ident($cpu:ident: usize $(, $argument:ident: $type:ty)*) $(-> $result:ty)?;)*) => {
        $(fn $name(&mut self, $cpu: usize $(, $argument: $type)*) $(-> $result)? {
            self.all[$cpu].$name(0 $(, $argument)*)
        })*
    };
}

impl Inject for FakeVcpus {
    fn current(&self) -> usize {
        self.selected.index()
    }
    fn can_prepare_timer(&self) -> bool {
        self.deref().can_prepare_timer()
    }
    fn can_take_back(&self) -> bool {
        self.deref().can_take_back()
    }
    fn format(&self) -> Format {
        self.deref().format()
    }
    fn inject(&mut self, cpu: usize, index: u8, intid: u16, priority: u8, group: u8) -> bool {
        let vcpu = &mut self.all[cpu];
        assert!(cpu == self.selected.index() || vcpu.stopped || vcpu.has_fault, "vCPU {cpu} runs");
        vcpu.inject(0, index, intid, priority, group)
    }
    numbered! {
        fn reset_interface(cpu: usize) -> bool;
        fn ack_vppi(cpu: usize, intid: u16);
        fn timer_fires(cpu: usize) -> bool;
        fn prepare_timer(cpu: usize, injection: Option<u64>) -> bool;
        fn hold(cpu: usize) -> bool;
        fn read_interface(cpu: usize) -> Option<Interface>;
        fn write_interface(cpu: usize, interface: &Interface);
    }
}

/// Methods that the selected vCPU has.
macro_rules! selected {
    ($(fn $name:ident(&self) $(-> $result:ty)?;)* mut: $(fn $changes:ident($($argument:ident: $type:ty),*) $(-> $answer:ty)?;)*) => {
        $(fn $name(&self) $(-> $result)? {
            KernelVcpu::$name(&**self)
        })*
        $(fn $changes(&mut self $(, $argument: $type)*) $(-> $answer)? {
            KernelVcpu::$changes(&mut **self $(, $argument)*)
        })*
    };
}

impl KernelVcpu for FakeVcpus {
    fn id(&self) -> VcpuId {
        self.selected
    }
    fn select(&mut self, id: VcpuId) {
        assert!(id.index() < self.all.len(), "there is none");
        self.selected = id;
    }
    selected! {
        fn stops_by_reply(&self) -> bool;
        fn can_set_alarm(&self) -> bool;
        fn ticks(&self) -> u64;
        fn frequency(&self) -> u64;
        fn width(&self) -> Width;
        fn debug_use(&self) -> Option<DebugUse>;
        mut:
        fn read_registers(words: &mut [u64]);
        fn write_registers(words: &[u64]);
        fn start(context: ReplyContext);
        fn restart();
        fn stop();
        fn wait() -> bool;
        fn set_alarm(count: Option<u64>);
        fn runs() -> bool;
        fn wake();
        fn let_go(power: PowerState);
        fn read_system_register(register: VcpuReg) -> u64;
        fn write_system_register(register: VcpuReg, value: u64);
        fn set_width(width: Width) -> bool;
        fn read_state(state: VcpuState) -> u64;
        fn write_state(state: VcpuState, value: u64);
        fn read_vectors(words: &mut [u64; FP_WORDS]) -> bool;
        fn write_vectors(words: &[u64; FP_WORDS]) -> bool;
        fn attach_debugger(attach: bool) -> bool;
    }
}

impl DebugBackend for FakeVcpus {
    type Error = ();

    fn counts(&self) -> Counts {
        self.deref().counts()
    }
    fn read(&mut self, register: DebugRegister) -> Result<u64, ()> {
        self.deref_mut().read(register)
    }
    fn features(&mut self, register: SysReg) -> Result<u64, ()> {
        self.deref_mut().features(register)
    }
    fn write(&mut self, register: DebugRegister, value: u64, dirty: bool) -> Result<(), ()> {
        self.deref_mut().write(register, value, dirty)
    }
}
