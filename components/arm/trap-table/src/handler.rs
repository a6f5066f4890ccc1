// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an access to each kind of row does.

use arm_syndrome::SysReg;

use crate::{Access, DebugBackend, DebugRegister, masks};

/// The kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handler {
    /// Reads as zero, writes are ignored.
    RazWi,
    /// Reads as this value, writes are ignored.
    Constant(u64),
    /// Kept by the backend; a write flags the state dirty. An index beyond the counts is undefined.
    Backed(DebugRegister),
    /// `OSLAR_EL1`: bit 0 is the lock.
    OsLockAccess,
    /// `OSLSR_EL1`.
    OsLockStatus,
    /// `DBGCLAIMSET_EL1`.
    ClaimSet,
    /// `DBGCLAIMCLR_EL1`.
    ClaimClear,
    /// `ID_AA64DFR0_EL1`.
    DebugFeatures,
    /// Another ID register: the core's value without these bits, which promise what a guest does not get.
    Features {
        /// Read as zero: not implemented.
        hidden: u64,
    },
    /// A register of the physical timer, which somebody else has: [`Row::timer`](crate::Row::timer) says so.
    Timer(TimerRegister),
    /// Defined nowhere below EL2.
    Undefined,
}

/// Registers of a timer (Arm ARM, "Operation of the CompareValue views of the timers", and of the TimerValue views).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerRegister {
    /// Its counter, 64 bits.
    Count,
    /// CTL: ENABLE, IMASK, ISTATUS.
    Control,
    /// CVAL: the count from which on it interrupts, 64 bits.
    Compare,
    /// TVAL: how far that is from now, 32 bits with a sign.
    Value,
}

/// What came of an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum AccessResult {
    /// A read's value, for Rt.
    Value(u64),
    /// A write is done.
    Done,
    /// The guest gets an undefined instruction.
    Undefined,
}

/// OSLSR_EL1.OSLM: the lock is implemented.
pub(crate) const OSLM: u64 = 0b1000;
const OSLK: u32 = 1;

impl Handler {
    /// Carries out an access whose direction and EL are right.
    #[inline(always)]
    pub(crate) fn run<B: DebugBackend>(
        self,
        row: SysReg,
        backend: &mut B,
        access: Access,
    ) -> Result<AccessResult, B::Error> {
        match (self, access) {
            (Self::Undefined | Self::Timer(_), _) => Ok(AccessResult::Undefined),
            (Self::Backed(register), _) => backed(backend, register, access),
            (Self::Features { hidden }, Access::Read) => {
                backend.features(row).map(|value| AccessResult::Value(value & !hidden))
            }
            (_, Access::Read) => self.read(backend).map(AccessResult::Value),
            (_, Access::Write(value)) => self.write(backend, value).map(|()| AccessResult::Done),
        }
    }

    #[inline(always)]
    fn read<B: DebugBackend>(self, backend: &mut B) -> Result<u64, B::Error> {
        Ok(match self {
            Self::Constant(value) => value,
            Self::OsLockStatus => OSLM | (backend.read(DebugRegister::OsLock)? & 1) << OSLK,
            Self::ClaimSet => masks::CLAIM,
            Self::ClaimClear => backend.read(DebugRegister::Claim)?,
            Self::DebugFeatures => backend.counts().id_aa64dfr0(),
            _ => 0,
        })
    }

    #[inline(always)]
    fn write<B: DebugBackend>(self, backend: &mut B, value: u64) -> Result<(), B::Error> {
        match self {
            Self::OsLockAccess => backend.write(DebugRegister::OsLock, value & 1, false),
            Self::ClaimSet => {
                let tags = backend.read(DebugRegister::Claim)? | value & masks::CLAIM;
                backend.write(DebugRegister::Claim, tags, true)
            }
            Self::ClaimClear => {
                let tags = backend.read(DebugRegister::Claim)? & !value;
                backend.write(DebugRegister::Claim, tags, true)
            }
            _ => Ok(()),
        }
    }
}

/// One place in the VMM's fast path; the compiler does not always see that.
#[inline(always)]
fn backed<B: DebugBackend>(backend: &mut B, register: DebugRegister, access: Access) -> Result<AccessResult, B::Error> {
    let counts = backend.counts();
    let exists = match register {
        DebugRegister::Bvr(n) | DebugRegister::Bcr(n) => n < counts.breakpoints,
        DebugRegister::Wvr(n) | DebugRegister::Wcr(n) => n < counts.watchpoints,
        _ => true,
    };
    match access {
        _ if !exists => Ok(AccessResult::Undefined),
        Access::Read => backend.read(register).map(AccessResult::Value),
        Access::Write(value) => {
            backend.write(register, masks::written(register, value, counts), true).map(|()| AccessResult::Done)
        }
    }
}
