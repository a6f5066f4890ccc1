// SPDX-License-Identifier: MIT OR Apache-2.0
//! The registers as gdb sees them: its standard features for AArch64 (gdb's manual, G.5.1), and what of EL1 and of the
//! debug registers a kernel's developer looks for. (The crate `gdbstub_arch` has an AArch64, but swaps FPSR and FPCR, and
//! promises hundreds of system registers.)

use super::system::{SYSTEM, SYSTEM_XML};
use core::num::NonZeroUsize;
use gdbstub::arch::{Arch, RegId, Registers};

/// A64, of 64-bit guests.
pub enum Aarch64 {}

/// Its registers in gdb's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoreRegisters {
    /// x0 to x30.
    pub x: [u64; 31],
    /// The stack pointer in use.
    pub sp: u64,
    /// The next instruction.
    pub pc: u64,
    /// PSTATE.
    pub pstate: u32,
    /// V0 to V31.
    pub v: [u128; 32],
    /// FPSR.
    pub fpsr: u32,
    /// FPCR.
    pub fpcr: u32,
}

/// A register by gdb's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// x0 to x30.
    X(u8),
    /// The stack pointer in use.
    Sp,
    /// The next instruction.
    Pc,
    /// PSTATE.
    Pstate,
    /// V0 to V31.
    V(u8),
    /// FPSR.
    Fpsr,
    /// FPCR.
    Fpcr,
    /// Of [`SYSTEM`].
    System(u8),
}

/// gdb's numbers.
const SP: usize = 31;
const PC: usize = 32;
const PSTATE: usize = 33;
const V0: usize = 34;
const FPSR: usize = 66;
const FPCR: usize = 67;
const FIRST_SYSTEM: usize = 68;
const LAST_SYSTEM: usize = FIRST_SYSTEM + SYSTEM.len() - 1;
const _: () = assert!(SYSTEM.len() <= u8::MAX as usize);

impl RegId for Register {
    fn from_raw_id(id: usize) -> Option<(Self, Option<NonZeroUsize>)> {
        let (register, bytes) = match id {
            0..SP => (Self::X(id as u8), 8),
            SP => (Self::Sp, 8),
            PC => (Self::Pc, 8),
            PSTATE => (Self::Pstate, 4),
            V0..FPSR => (Self::V((id - V0) as u8), 16),
            FPSR => (Self::Fpsr, 4),
            FPCR => (Self::Fpcr, 4),
            FIRST_SYSTEM..=LAST_SYSTEM => (Self::System((id - FIRST_SYSTEM) as u8), 8),
            _ => return None,
        };
        Some((register, NonZeroUsize::new(bytes)))
    }
}

impl Registers for CoreRegisters {
    type ProgramCounter = u64;

    fn pc(&self) -> u64 {
        self.pc
    }

    fn gdb_serialize(&self, mut write_byte: impl FnMut(Option<u8>)) {
        let mut put = |bytes: &[u8]| bytes.iter().for_each(|&byte| write_byte(Some(byte)));
        self.x.iter().chain([&self.sp, &self.pc]).for_each(|word| put(&word.to_le_bytes()));
        put(&self.pstate.to_le_bytes());
        self.v.iter().for_each(|vector| put(&vector.to_le_bytes()));
        put(&self.fpsr.to_le_bytes());
        put(&self.fpcr.to_le_bytes());
    }

    fn gdb_deserialize(&mut self, bytes: &[u8]) -> Result<(), ()> {
        let mut rest = bytes;
        for word in self.x.iter_mut().chain([&mut self.sp, &mut self.pc]) {
            *word = u64::from_le_bytes(next(&mut rest)?);
        }
        self.pstate = u32::from_le_bytes(next(&mut rest)?);
        for vector in &mut self.v {
            *vector = u128::from_le_bytes(next(&mut rest)?);
        }
        self.fpsr = u32::from_le_bytes(next(&mut rest)?);
        self.fpcr = u32::from_le_bytes(next(&mut rest)?);
        Ok(())
    }
}

fn next<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], ()> {
    let (first, rest) = bytes.split_first_chunk().ok_or(())?;
    *bytes = rest;
    Ok(*first)
}

impl Arch for Aarch64 {
    type Usize = u64;
    type Registers = CoreRegisters;
    type BreakpointKind = usize;
    type RegId = Register;

    fn target_description_xml() -> Option<&'static str> {
        Some(DESCRIPTION)
    }
}

macro_rules! registers {
    ($bits:literal, $type:literal: $($name:literal)*) => {
        concat!($("<reg name=\"", $name, "\" bitsize=\"", $bits, "\" type=\"", $type, "\"/>",)*)
    };
}

const CORE: &str = concat!(
    "<feature name=\"org.gnu.gdb.aarch64.core\">",
    registers!("64", "int": "x0" "x1" "x2" "x3" "x4" "x5" "x6" "x7" "x8" "x9" "x10" "x11" "x12" "x13" "x14" "x15" "x16" "x17"
        "x18" "x19" "x20" "x21" "x22" "x23" "x24" "x25" "x26" "x27" "x28" "x29" "x30"),
    registers!("64", "data_ptr": "sp"),
    registers!("64", "code_ptr": "pc"),
    registers!("32", "int": "cpsr"),
    "</feature>",
);

const FPU: &str = concat!(
    "<feature name=\"org.gnu.gdb.aarch64.fpu\">",
    "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/><vector id=\"v2u\" type=\"uint64\" count=\"2\"/>",
    "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/><vector id=\"v4u\" type=\"uint32\" count=\"4\"/>",
    "<vector id=\"v16u\" type=\"uint8\" count=\"16\"/>",
    "<union id=\"aarch64v\"><field name=\"d\" type=\"v2d\"/><field name=\"u\" type=\"v2u\"/><field name=\"f\" type=\"v4f\"/>",
    "<field name=\"w\" type=\"v4u\"/><field name=\"b\" type=\"v16u\"/></union>",
    registers!("128", "aarch64v": "v0" "v1" "v2" "v3" "v4" "v5" "v6" "v7" "v8" "v9" "v10" "v11" "v12" "v13" "v14" "v15" "v16"
        "v17" "v18" "v19" "v20" "v21" "v22" "v23" "v24" "v25" "v26" "v27" "v28" "v29" "v30" "v31"),
    registers!("32", "int": "fpsr" "fpcr"),
    "</feature>",
);

const HEAD: &str = "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">\
                    <architecture>aarch64</architecture>";
const TAIL: &str = "</target>";

/// All of it in one.
const DESCRIPTION: &str = {
    const PARTS: [&str; 5] = [HEAD, CORE, FPU, SYSTEM_XML, TAIL];
    const LENGTH: usize = HEAD.len() + CORE.len() + FPU.len() + SYSTEM_XML.len() + TAIL.len();
    const TEXT: [u8; LENGTH] = {
        let (mut text, mut end, mut part) = ([0; LENGTH], 0, 0);
        while part < PARTS.len() {
            let bytes = PARTS[part].as_bytes();
            let mut n = 0;
            while n < bytes.len() {
                text[end] = bytes[n];
                (end, n) = (end + 1, n + 1);
            }
            part += 1;
        }
        text
    };
    match core::str::from_utf8(&TEXT) {
        Ok(text) => text,
        Err(_) => panic!("all parts are text"),
    }
};

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn registers_come_back_as_they_went() {
        let mut registers = CoreRegisters { sp: 1, pc: 2, pstate: 3, fpsr: 4, fpcr: 5, ..CoreRegisters::default() };
        (registers.x[30], registers.v[31]) = (6, 7 << 64);
        let mut bytes = Vec::new();
        registers.gdb_serialize(|byte| bytes.extend(byte));
        assert_eq!(bytes.len(), 33 * 8 + 4 + 32 * 16 + 8);
        let mut found = CoreRegisters::default();
        assert_eq!((found.gdb_deserialize(&bytes), found), (Ok(()), registers));
        assert_eq!(CoreRegisters::default().gdb_deserialize(&bytes[1..]), Err(()));
    }

    /// gdb numbers registers in the order in which the description names them.
    #[test]
    fn the_description_counts_as_the_numbers_do() {
        let names: Vec<&str> =
            DESCRIPTION.split("<reg name=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        for (id, name) in
            [(0, "x0"), (SP, "sp"), (PC, "pc"), (PSTATE, "cpsr"), (V0, "v0"), (FPSR, "fpsr"), (FPCR, "fpcr")]
        {
            assert_eq!(names[id], name);
        }
        let system: Vec<&str> = SYSTEM.iter().map(|(name, _)| *name).collect();
        assert_eq!(names[FIRST_SYSTEM..], system);
        assert!((0..names.len()).all(|id| Register::from_raw_id(id).is_some()));
        assert!(Register::from_raw_id(names.len()).is_none());
    }
}
