// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an access to each kind of AArch32 row does.

use arm_syndrome::SysReg;

use crate::{Access, AccessResult, Counts, DebugBackend, DebugRegister, Handler, masks};

/// The kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handler32 {
    /// As the AArch64 register's, with 32 bits.
    Same(Handler),
    /// `DBGBVR<n>`: the low half of `DBGBVR<n>_EL1`.
    ValueLow(u8),
    /// `DBGBXVR<n>`: its high half, which only a context-aware breakpoint has.
    ValueHigh(u8),
    /// `DBGDSCRext`: `MDSCR_EL1` without what belongs to AArch64, and with MOE.
    StatusAndControl,
    /// `DBGDSCRint`: read-only, with the channel's TXfull.
    Status,
    /// `DBGOSLAR`: its key locks, any other value frees.
    OsLockKey,
    /// `DBGDIDR`: the counts, and debug v8.0.
    DebugId,
}

const LOW: u64 = u32::MAX as u64;
/// DBGOSLAR: locks (Arm ARM, G8.3.26).
pub const OS_LOCK_KEY: u64 = 0xc5ac_ce55;
/// DBGDIDR: version v8.0, and bit 15, which reads as one.
const VERSION: u64 = 6 << 16 | 1 << 15;
/// DBGDIDR.{nSUHD_imp, SE_imp}: there is an EL3.
const SECURE: u64 = 1 << 14 | 1 << 12;

impl Handler32 {
    /// Carries out an access whose direction and EL are right.
    pub(crate) fn run<B: DebugBackend>(
        self,
        also: Option<SysReg>,
        backend: &mut B,
        access: Access,
    ) -> Result<AccessResult, B::Error> {
        let access = match access {
            Access::Write(value) => Access::Write(value & LOW),
            Access::Read => Access::Read,
        };
        match (self, access) {
            (Self::Same(handler), _) => handler.run(also.unwrap_or(NOWHERE), backend, access).map(truncate),
            (Self::ValueLow(n) | Self::ValueHigh(n), _) if n >= backend.counts().breakpoints => {
                Ok(AccessResult::Undefined)
            }
            (Self::ValueHigh(n), _) if !backend.counts().is_context_aware(n) => Ok(AccessResult::Undefined),
            (Self::ValueLow(n), _) => half(backend, n, 0, access),
            (Self::ValueHigh(n), _) => half(backend, n, 32, access),
            (Self::StatusAndControl, Access::Write(value)) => {
                backend.write(DebugRegister::Mdscr, value & masks::DSCR, true).map(|()| AccessResult::Done)
            }
            (Self::StatusAndControl, Access::Read) => {
                backend.read(DebugRegister::Mdscr).map(|value| AccessResult::Value(value & masks::DSCR))
            }
            // Write-only.
            (Self::OsLockKey, Access::Read) => Ok(AccessResult::Undefined),
            (Self::OsLockKey, Access::Write(value)) => {
                let locked = u64::from(value == OS_LOCK_KEY);
                backend.write(DebugRegister::OsLock, locked, false).map(|()| AccessResult::Done)
            }
            (Self::Status, _) => {
                let control = backend.read(DebugRegister::Mdscr)? & masks::DSCR;
                Ok(AccessResult::Value(control | masks::TX_FULL))
            }
            (Self::DebugId, _) => debug_id(backend).map(AccessResult::Value),
        }
    }

    /// What of the state a row has to itself: a register's word, and which halves (1 low, 2 high).
    pub const fn backing(self) -> Option<(u64, u8)> {
        match self {
            Self::Same(Handler::Backed(register)) => Some((register.to_word(), 3)),
            Self::ValueLow(n) => Some((DebugRegister::Bvr(n).to_word(), 1)),
            Self::ValueHigh(n) => Some((DebugRegister::Bvr(n).to_word(), 2)),
            Self::StatusAndControl => Some((DebugRegister::Mdscr.to_word(), 3)),
            _ => None,
        }
    }
}

/// For handlers that do not ask which register it is.
const NOWHERE: SysReg = SysReg::new(0, 0, 0, 0, 0);
/// `ID_AA64PFR0_EL1`; EL3 in bits 15:12.
const PROCESSOR_FEATURES: SysReg = SysReg::new(3, 0, 0, 4, 0);

fn truncate(outcome: AccessResult) -> AccessResult {
    match outcome {
        AccessResult::Value(value) => AccessResult::Value(value & LOW),
        other => other,
    }
}

/// One half of a breakpoint's value: the other one stays.
fn half<B: DebugBackend>(backend: &mut B, n: u8, at: u32, access: Access) -> Result<AccessResult, B::Error> {
    let register = DebugRegister::Bvr(n);
    let whole = backend.read(register)?;
    match access {
        Access::Read => Ok(AccessResult::Value(whole >> at & LOW)),
        Access::Write(value) => {
            let whole = whole & !(LOW << at) | value << at;
            let kept = masks::written(register, whole, backend.counts());
            backend.write(register, kept, true).map(|()| AccessResult::Done)
        }
    }
}

fn debug_id<B: DebugBackend>(backend: &mut B) -> Result<u64, B::Error> {
    let Counts { breakpoints, watchpoints, contexts } = backend.counts();
    let less_one = |count: u8, at: u32| (u64::from(count).saturating_sub(1) & 0xf) << at;
    let secure = backend.features(PROCESSOR_FEATURES)? >> 12 & 0xf != 0;
    let counts = less_one(watchpoints, 28) | less_one(breakpoints, 24) | less_one(contexts, 20);
    Ok(counts | VERSION | if secure { SECURE } else { 0 })
}
