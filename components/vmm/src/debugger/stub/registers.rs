// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading and writing the registers of a stopped vCPU.

use super::architecture::{CoreRegisters, Register};
use super::system::{SYSTEM, Source};
use super::target::Target;
use crate::console::Serial;
use crate::vcpu::{FP_WORDS, KernelVcpu, PC, SPSR, VcpuReg, X};
use arm_syndrome::{Mode, Spsr};
use gdbstub::target::ext::base::single_register_access::SingleRegisterAccess;
use gdbstub::target::{TargetError, TargetResult};
use sel4_abi::user_context::NUM_REGISTERS;

/// Where the stack pointer of EL0 is in the user context.
const SP_EL0: usize = 1;
/// In the words of the vector registers, behind V31.
const FPCR: usize = 64;
const FPSR: usize = 65;
const _: () = assert!(FPSR < FP_WORDS && PC != SP_EL0 && SPSR != SP_EL0);
/// OSLSR_EL1 says more than whether it is locked: OSLM = 0b10, the lock is there.
const OS_LOCK_THERE: u64 = 1 << 3;

impl<S: Serial, K: KernelVcpu> Target<'_, '_, S, K> {
    fn words(&mut self) -> [u64; NUM_REGISTERS] {
        let mut words = [0; NUM_REGISTERS];
        self.handler.kernel.read_registers(&mut words);
        words
    }

    fn vectors(&mut self) -> Option<[u64; FP_WORDS]> {
        let mut vectors = [0; FP_WORDS];
        self.handler.kernel.read_vectors(&mut vectors).then_some(vectors)
    }

    fn uses_sp_el1(words: &[u64; NUM_REGISTERS]) -> bool {
        Spsr(words[SPSR]).mode() == Mode::El1h
    }

    fn sp(&mut self, words: &[u64; NUM_REGISTERS]) -> u64 {
        if Self::uses_sp_el1(words) { self.handler.kernel.read_system_register(VcpuReg::SpEl1) } else { words[SP_EL0] }
    }

    /// All but the system's.
    pub(super) fn read_core(&mut self, registers: &mut CoreRegisters) {
        let words = self.words();
        for (x, &at) in registers.x.iter_mut().zip(&X) {
            *x = words[usize::from(at)];
        }
        (registers.pc, registers.pstate) = (words[PC], words[SPSR] as u32);
        registers.sp = self.sp(&words);
        let vectors = self.vectors().unwrap_or([0; FP_WORDS]);
        for (v, pair) in registers.v.iter_mut().zip(vectors.as_chunks::<2>().0) {
            *v = u128::from(pair[1]) << 64 | u128::from(pair[0]);
        }
        (registers.fpsr, registers.fpcr) = (vectors[FPSR] as u32, vectors[FPCR] as u32);
    }

    /// All but the system's.
    pub(super) fn write_core(&mut self, registers: &CoreRegisters) {
        let mut words = self.words();
        for (&x, &at) in registers.x.iter().zip(&X) {
            words[usize::from(at)] = x;
        }
        (words[PC], words[SPSR]) = (registers.pc, registers.pstate.into());
        if Self::uses_sp_el1(&words) {
            self.handler.kernel.write_system_register(VcpuReg::SpEl1, registers.sp);
        } else {
            words[SP_EL0] = registers.sp;
        }
        self.handler.kernel.write_registers(&words);
        let mut vectors = self.vectors().unwrap_or([0; FP_WORDS]);
        for (pair, &v) in vectors.as_chunks_mut::<2>().0.iter_mut().zip(&registers.v) {
            *pair = [v as u64, (v >> 64) as u64];
        }
        (vectors[FPSR], vectors[FPCR]) = (registers.fpsr.into(), registers.fpcr.into());
        let _ = self.handler.kernel.write_vectors(&vectors);
    }

    fn read_system(&mut self, n: u8) -> Option<u64> {
        let handler = &mut self.handler;
        match SYSTEM.get(usize::from(n))?.1 {
            Source::El1(register) => Some(handler.kernel.read_system_register(register)),
            Source::Debug(register) => match handler.platform.debugger.session.guest.get(register) {
                Some(value) => Some(value),
                None => Some(OS_LOCK_THERE | handler.kernel.read(register).ok()? << 1),
            },
        }
    }

    /// The guest's debug registers are its own to change.
    fn write_system(&mut self, n: u8, value: u64) -> bool {
        let Some((_, Source::El1(register))) = SYSTEM.get(usize::from(n)) else { return false };
        self.handler.kernel.write_system_register(*register, value);
        true
    }
}

impl<S: Serial, K: KernelVcpu> SingleRegisterAccess<()> for Target<'_, '_, S, K> {
    fn read_register(&mut self, (): (), register: Register, buffer: &mut [u8]) -> TargetResult<usize, Self> {
        let value = if let Register::System(n) = register {
            self.read_system(n).ok_or(TargetError::NonFatal)?.into()
        } else {
            let mut core = CoreRegisters::default();
            self.read_core(&mut core);
            core.get(register).ok_or(TargetError::NonFatal)?
        };
        let length = buffer.len().min(size_of::<u128>());
        buffer[..length].copy_from_slice(&value.to_le_bytes()[..length]);
        Ok(length)
    }

    fn write_register(&mut self, (): (), register: Register, bytes: &[u8]) -> TargetResult<(), Self> {
        let mut wide = [0; size_of::<u128>()];
        wide.get_mut(..bytes.len()).ok_or(TargetError::NonFatal)?.copy_from_slice(bytes);
        let value = u128::from_le_bytes(wide);
        if let Register::System(n) = register {
            return if self.write_system(n, value as u64) { Ok(()) } else { Err(TargetError::NonFatal) };
        }
        let mut core = CoreRegisters::default();
        self.read_core(&mut core);
        if !core.set(register, value) {
            return Err(TargetError::NonFatal);
        }
        self.write_core(&core);
        Ok(())
    }
}

impl CoreRegisters {
    fn get(&self, register: Register) -> Option<u128> {
        Some(match register {
            Register::X(n) => (*self.x.get(usize::from(n))?).into(),
            Register::Sp => self.sp.into(),
            Register::Pc => self.pc.into(),
            Register::Pstate => self.pstate.into(),
            Register::V(n) => *self.v.get(usize::from(n))?,
            Register::Fpsr => self.fpsr.into(),
            Register::Fpcr => self.fpcr.into(),
            Register::System(_) => return None,
        })
    }

    fn set(&mut self, register: Register, value: u128) -> bool {
        let wide = value as u64;
        match register {
            Register::X(n) => match self.x.get_mut(usize::from(n)) {
                Some(x) => *x = wide,
                None => return false,
            },
            Register::Sp => self.sp = wide,
            Register::Pc => self.pc = wide,
            Register::Pstate => self.pstate = wide as u32,
            Register::V(n) => match self.v.get_mut(usize::from(n)) {
                Some(v) => *v = value,
                None => return false,
            },
            Register::Fpsr => self.fpsr = wide as u32,
            Register::Fpcr => self.fpcr = wide as u32,
            Register::System(_) => return false,
        }
        true
    }
}
