// SPDX-License-Identifier: MIT OR Apache-2.0
//! The registers of a GICv2, with their sections in its architecture specification (IHI 0048B).

use core::fmt;

/// Which of the two pages of registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Block {
    /// GICD
    Distributor,
    /// GICC
    CpuInterface,
}

/// A register, or the part of one that an access begins at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Register {
    /// Its page.
    pub block: Block,
    /// In bytes.
    pub offset: u16,
}

/// How many bytes an access has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 1
    Byte,
    /// 2
    Half,
    /// 4
    Word,
    /// 8
    Double,
}

impl Size {
    /// In bytes.
    pub fn bytes(self) -> u16 {
        1 << self as u16
    }
}

/// Registers of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Its page.
    pub block: Block,
    /// The first one's offset.
    pub first: u16,
    /// Behind the last one.
    pub end: u16,
    /// Its name, without the number.
    pub name: &'static str,
    /// Where it is specified.
    pub section: &'static str,
    /// Whether bytes of it can be accessed (4.1.4).
    pub has_bytes: bool,
}

const fn distributor(first: u16, end: u16, name: &'static str, section: &'static str) -> Row {
    Row { block: Block::Distributor, first, end, name, section, has_bytes: false }
}

const fn by_bytes(row: Row) -> Row {
    Row { has_bytes: true, ..row }
}

const fn interface(first: u16, words: u16, name: &'static str, section: &'static str) -> Row {
    Row { block: Block::CpuInterface, first, end: first + 4 * words, name, section, has_bytes: false }
}

/// All registers, in the order of their offsets.
pub const REGISTERS: [Row; 34] = [
    distributor(0x000, 0x004, "GICD_CTLR", "4.3.1"),
    distributor(0x004, 0x008, "GICD_TYPER", "4.3.2"),
    distributor(0x008, 0x00c, "GICD_IIDR", "4.3.3"),
    distributor(0x080, 0x100, "GICD_IGROUPR", "4.3.4"),
    distributor(0x100, 0x180, "GICD_ISENABLER", "4.3.5"),
    distributor(0x180, 0x200, "GICD_ICENABLER", "4.3.6"),
    distributor(0x200, 0x280, "GICD_ISPENDR", "4.3.7"),
    distributor(0x280, 0x300, "GICD_ICPENDR", "4.3.8"),
    distributor(0x300, 0x380, "GICD_ISACTIVER", "4.3.9"),
    distributor(0x380, 0x400, "GICD_ICACTIVER", "4.3.10"),
    by_bytes(distributor(0x400, 0x800, "GICD_IPRIORITYR", "4.3.11")),
    by_bytes(distributor(0x800, 0xc00, "GICD_ITARGETSR", "4.3.12")),
    distributor(0xc00, 0xd00, "GICD_ICFGR", "4.3.13"),
    distributor(0xe00, 0xf00, "GICD_NSACR", "4.3.14"),
    distributor(0xf00, 0xf04, "GICD_SGIR", "4.3.15"),
    by_bytes(distributor(0xf10, 0xf20, "GICD_CPENDSGIR", "4.3.16")),
    by_bytes(distributor(0xf20, 0xf30, "GICD_SPENDSGIR", "4.3.17")),
    distributor(0xfd0, 0x1000, "GICD_ID", "4.3.18"),
    interface(0x00, 1, "GICC_CTLR", "4.4.1"),
    interface(0x04, 1, "GICC_PMR", "4.4.2"),
    interface(0x08, 1, "GICC_BPR", "4.4.3"),
    interface(0x0c, 1, "GICC_IAR", "4.4.4"),
    interface(0x10, 1, "GICC_EOIR", "4.4.5"),
    interface(0x14, 1, "GICC_RPR", "4.4.6"),
    interface(0x18, 1, "GICC_HPPIR", "4.4.7"),
    interface(0x1c, 1, "GICC_ABPR", "4.4.8"),
    interface(0x20, 1, "GICC_AIAR", "4.4.9"),
    interface(0x24, 1, "GICC_AEOIR", "4.4.10"),
    interface(0x28, 1, "GICC_AHPPIR", "4.4.11"),
    interface(0xd0, 4, "GICC_APR", "4.4.12"),
    interface(0xe0, 4, "GICC_NSAPR", "4.4.13"),
    interface(0xfc, 1, "GICC_IIDR", "4.4.14"),
    interface(0x1000, 1, "GICC_DIR", "4.4.15"),
    // Between the others.
    distributor(0x00c, 0x080, "GICD_RESERVED", "4.1.2"),
];

impl Register {
    /// Of the distributor.
    pub const fn distributor(offset: u16) -> Self {
        Self { block: Block::Distributor, offset }
    }

    /// Of the CPU interface.
    pub const fn interface(offset: u16) -> Self {
        Self { block: Block::CpuInterface, offset }
    }

    /// What it is called, if it has a name.
    pub fn row(self) -> Option<&'static Row> {
        REGISTERS.iter().find(|row| row.block == self.block && (row.first..row.end).contains(&self.offset))
    }

    /// Whether it is one of that name.
    pub fn is(self, name: &str) -> bool {
        self.row().is_some_and(|row| row.name == name)
    }

    /// The whole register that it is part of.
    pub fn word(self) -> Self {
        Self { offset: self.offset & !3, ..self }
    }

    /// The register after this one.
    pub fn next(self) -> Self {
        Self { offset: (self.offset & !3).wrapping_add(4), ..self }
    }
}

impl fmt::Display for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row() {
            Some(row) => {
                f.write_str(row.name)?;
                if row.end - row.first > 4 {
                    write!(f, "{}", (self.offset - row.first) / 4)?;
                }
            }
            None => write!(f, "{:?}+{:#x}", self.block, self.offset & !3)?,
        }
        match self.offset & 3 {
            0 => Ok(()),
            byte => write!(f, ".{byte}"),
        }
    }
}

/// Registers by name, as far as programs need them one by one.
pub mod names {
    use super::Register;

    /// GICD_CTLR
    pub const GICD_CTLR: Register = Register::distributor(0);
    /// GICD_SGIR
    pub const SGIR: Register = Register::distributor(0xf00);
    /// GICC_CTLR
    pub const GICC_CTLR: Register = Register::interface(0);
    /// GICC_PMR
    pub const PMR: Register = Register::interface(4);
    /// GICC_BPR
    pub const BPR: Register = Register::interface(8);
    /// GICC_IAR
    pub const IAR: Register = Register::interface(0xc);
    /// GICC_EOIR
    pub const EOIR: Register = Register::interface(0x10);
    /// GICC_RPR
    pub const RPR: Register = Register::interface(0x14);
    /// GICC_HPPIR
    pub const HPPIR: Register = Register::interface(0x18);
    /// GICC_ABPR
    pub const ABPR: Register = Register::interface(0x1c);
    /// GICC_DIR
    pub const DIR: Register = Register::interface(0x1000);

    /// A bitmap of interrupts that begins at an offset: the word with one of them.
    pub const fn bitmap(first: u16, intid: u16) -> Register {
        Register::distributor(first + intid / 32 * 4)
    }

    /// GICD_IGROUPR
    pub const GROUP: u16 = 0x080;
    /// GICD_ISENABLER
    pub const SET_ENABLE: u16 = 0x100;
    /// GICD_ICENABLER
    pub const CLEAR_ENABLE: u16 = 0x180;
    /// GICD_ISPENDR
    pub const SET_PENDING: u16 = 0x200;
    /// GICD_ICPENDR
    pub const CLEAR_PENDING: u16 = 0x280;
    /// GICD_ISACTIVER
    pub const SET_ACTIVE: u16 = 0x300;
    /// GICD_ICACTIVER
    pub const CLEAR_ACTIVE: u16 = 0x380;

    /// The byte of an interrupt in GICD_IPRIORITYR.
    pub const fn priority(intid: u16) -> Register {
        Register::distributor(0x400 + intid)
    }

    /// The byte of an interrupt in GICD_ITARGETSR.
    pub const fn target(intid: u16) -> Register {
        Register::distributor(0x800 + intid)
    }

    /// The word with an interrupt in GICD_ICFGR.
    pub const fn config(intid: u16) -> Register {
        Register::distributor(0xc00 + intid / 16 * 4)
    }

    /// The byte of an SGI in GICD_CPENDSGIR.
    pub const fn clear_sgi(sgi: u16) -> Register {
        Register::distributor(0xf10 + sgi)
    }

    /// The byte of an SGI in GICD_SPENDSGIR.
    pub const fn set_sgi(sgi: u16) -> Register {
        Register::distributor(0xf20 + sgi)
    }
}
