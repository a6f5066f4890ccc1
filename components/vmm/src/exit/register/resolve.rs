// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a trapped instruction wants of which register: both widths come to the same.

use arm_syndrome::{Coprocessor, CpAccess32, CpAccess64, CpReg, CpReg64, Direction, Register, SysReg, SysRegAccess};
use arm_trap_table::aarch32::{self, Row32, feature_of_vmrs};
use arm_trap_table::{Access, AccessResult, DebugBackend, Encoding, Row, TimerRegister};
use core::fmt::{self, Display};

/// VMRS's opc1 in a syndrome; CRn is the register.
const VMRS: u8 = 0b111;

/// A row of a trap table.
pub(crate) trait TrapRow: 'static {
    fn name(&self) -> &'static str;
    fn timer(&self, direction: Direction, from_el0: bool) -> Option<TimerRegister>;
    fn access<B: DebugBackend>(
        &self,
        backend: &mut B,
        access: Access,
        from_el0: bool,
    ) -> Result<AccessResult, B::Error>;
}

impl TrapRow for Row {
    fn name(&self) -> &'static str {
        self.name
    }

    fn timer(&self, direction: Direction, from_el0: bool) -> Option<TimerRegister> {
        self.timer(direction, from_el0)
    }

    #[inline(always)]
    fn access<B: DebugBackend>(
        &self,
        backend: &mut B,
        access: Access,
        from_el0: bool,
    ) -> Result<AccessResult, B::Error> {
        self.access(backend, access, from_el0)
    }
}

impl<K: 'static> TrapRow for Row32<K> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn timer(&self, direction: Direction, from_el0: bool) -> Option<TimerRegister> {
        self.timer(direction, from_el0)
    }

    fn access<B: DebugBackend>(
        &self,
        backend: &mut B,
        access: Access,
        from_el0: bool,
    ) -> Result<AccessResult, B::Error> {
        self.access(backend, access, from_el0)
    }
}

/// Where a value that is read goes, and one that is written comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exit) enum Place {
    /// A general register; 31 is the zero register.
    Register(Register),
    /// APSR_nzcv.
    Flags,
    /// Two general registers, the one with the low word first.
    Pair(Register, Register),
}

/// One access.
pub(in crate::exit) struct RegisterAccess<E, R: 'static> {
    /// The encoding.
    pub(in crate::exit) register: E,
    /// For a line of the log.
    pub(in crate::exit) name: &'static str,
    /// `None`: it is undefined.
    pub(in crate::exit) row: Option<&'static R>,
    pub(in crate::exit) direction: Direction,
    pub(in crate::exit) place: Place,
}

impl<E: Display, R: TrapRow> RegisterAccess<E, R> {
    #[inline(always)]
    fn new(register: E, row: Option<&'static R>, direction: Direction, place: Place) -> Self {
        Self { register, name: row.map_or("unknown", R::name), row, direction, place }
    }

    /// With the value that a write has.
    #[inline(always)]
    pub(in crate::exit) fn with_value(&self, value: u64) -> Access {
        if self.direction.is_read() { Access::Read } else { Access::Write(value) }
    }
}

/// MSR or MRS of a register with a row of its own: to the others, ID registers of the future, the fast path is closed.
#[inline(always)]
pub(in crate::exit) fn named_system_register(access: SysRegAccess) -> Option<RegisterAccess<SysReg, Row>> {
    let row = arm_trap_table::lookup(access.register)?;
    Some(RegisterAccess::new(access.register, Some(row), access.direction, Place::Register(access.rt)))
}

/// MSR or MRS.
pub(super) fn system_register(access: SysRegAccess) -> RegisterAccess<SysReg, Row> {
    let register = access.register;
    let row = arm_trap_table::resolve(register);
    RegisterAccess::new(register, row, access.direction, Place::Register(access.rt))
}

/// MCR or MRC.
#[inline]
pub(in crate::exit) fn coprocessor(
    coprocessor: Coprocessor,
    access: CpAccess32,
) -> RegisterAccess<CpReg, Row32<CpReg>> {
    let register = access.register(coprocessor);
    let to_flags = access.rt == Register::ZERO && access.direction.is_read();
    let place = if to_flags { Place::Flags } else { Place::Register(access.rt) };
    RegisterAccess::new(register, aarch32::resolve(register), access.direction, place)
}

/// MCRR or MRRC.
pub(super) fn coprocessor_wide(
    coprocessor: Coprocessor,
    access: CpAccess64,
) -> RegisterAccess<CpReg64, Row32<CpReg64>> {
    let register = access.register(coprocessor);
    let row = aarch32::lookup_wide(register);
    RegisterAccess::new(register, row, access.direction, Place::Pair(access.rt, access.rt2))
}

/// The register field of a VMRS.
#[derive(Clone, Copy)]
pub(super) struct VmrsField(u8);

impl Display for VmrsField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Encoding for VmrsField {
    fn is_lazy(self) -> bool {
        false
    }
}

/// VMRS, which reads an ID register; the log has the register's number.
pub(super) fn vmrs(access: CpAccess32) -> RegisterAccess<VmrsField, Row> {
    let feature = feature_of_vmrs(access.crn).filter(|_| access.opc1 == VMRS && access.direction.is_read());
    let row = feature.and_then(arm_trap_table::resolve);
    let place = Place::Register(access.rt);
    RegisterAccess { name: "VMRS", ..RegisterAccess::new(VmrsField(access.crn), row, access.direction, place) }
}
