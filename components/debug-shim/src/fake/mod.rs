// SPDX-License-Identifier: MIT OR Apache-2.0
//! A core's debug registers for tests: behaves as the hardware does and counts every access.

mod image;
mod parts;
mod vcpu;

use std::cell::{Cell, RefCell};

use crate::{Counts, DebugHardware, Register, mdcr_el2};

pub use image::{ShimImage, VcpuImage};
pub use parts::VcpuParts;
pub use vcpu::Vcpu;

const N: usize = crate::MAX_PER_KIND;
const CLAIM_TAGS: u64 = 0xff;

/// Everything that the registers hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Registers {
    /// `DBGBVR<n>_EL1`.
    pub bvr: [u64; N],
    /// `DBGBCR<n>_EL1`.
    pub bcr: [u64; N],
    /// `DBGWVR<n>_EL1`.
    pub wvr: [u64; N],
    /// `DBGWCR<n>_EL1`.
    pub wcr: [u64; N],
    /// `MDCCINT_EL1`.
    pub mdccint: u64,
    /// The claim tags.
    pub claim: u64,
    /// `DBGVCR32_EL2`.
    pub vcr32: u64,
    /// `MDSCR_EL1`.
    pub mdscr: u64,
    /// `MDCR_EL2`.
    pub mdcr: u64,
    /// `OSLSR_EL1`.OSLK.
    pub os_lock: bool,
    /// `OSDLR_EL1`.DLK.
    pub double_lock: bool,
    /// The two words of the debug communications channel.
    pub channel: [u64; 2],
}

/// How often something was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accesses {
    /// Reads of bank registers.
    pub bank_reads: u64,
    /// Writes of bank registers.
    pub bank_writes: u64,
    /// Reads of `MDSCR_EL1`.
    pub mdscr_reads: u64,
    /// Writes of `MDSCR_EL1`.
    pub mdscr_writes: u64,
    /// Writes of `MDCR_EL2`.
    pub mdcr_writes: u64,
    /// The locks and the channel.
    pub other: u64,
}

impl Accesses {
    /// Of any register.
    pub fn total(self) -> u64 {
        self.bank_reads + self.bank_writes + self.mdscr_reads + self.mdscr_writes + self.mdcr_writes + self.other
    }

    /// Of bank registers.
    pub fn bank(self) -> u64 {
        self.bank_reads + self.bank_writes
    }
}

/// One fake core.
#[derive(Clone, Debug)]
pub struct FakeHardware {
    counts: Counts,
    event_counters: u8,
    registers: RefCell<Registers>,
    accesses: Cell<Accesses>,
    log: RefCell<Vec<(Register, Option<u64>)>>,
}

impl FakeHardware {
    /// As firmware may leave it: everything on, both locks taken, no trap set.
    pub fn poisoned(counts: Counts, event_counters: u8) -> Self {
        let registers = Registers {
            bvr: [0xffff_0000_dead_bee0; N],
            bcr: [0x0f_ffff; N],
            wvr: [0x1234_5678_9abc_def0; N],
            wcr: [0x1fff_ffff; N],
            mdccint: 0b11 << 29,
            claim: 0xa5,
            vcr32: u64::from(u32::MAX),
            mdscr: u64::from(u32::MAX),
            mdcr: mdcr_el2::TDE,
            os_lock: true,
            double_lock: true,
            channel: [0x5ec_2e7, 0x5ec_2e7],
        };
        Self::with(counts, event_counters, registers)
    }

    /// With these values.
    pub fn with(counts: Counts, event_counters: u8, registers: Registers) -> Self {
        Self {
            counts,
            event_counters,
            registers: RefCell::new(registers),
            accesses: Cell::default(),
            log: RefCell::default(),
        }
    }

    /// What the registers hold.
    pub fn registers(&self) -> Registers {
        self.registers.borrow().clone()
    }

    /// A guest's or an observer's look, which costs and checks nothing.
    pub fn with_registers<R>(&self, look: impl FnOnce(&mut Registers) -> R) -> R {
        look(&mut self.registers.borrow_mut())
    }

    /// The shim's accesses so far.
    pub fn accesses(&self) -> Accesses {
        self.accesses.get()
    }

    /// Starts counting anew.
    pub fn forget_accesses(&self) {
        self.accesses.take();
        self.log.borrow_mut().clear();
    }

    /// The shim's accesses in order; a write has a value.
    pub fn log(&self) -> Vec<(Register, Option<u64>)> {
        self.log.borrow().clone()
    }

    fn count(&self, register: Register, write: Option<u64>) {
        let mut a = self.accesses.get();
        let is_write = write.is_some();
        let counter = match register {
            Register::Mdscr if is_write => &mut a.mdscr_writes,
            Register::Mdscr => &mut a.mdscr_reads,
            Register::Mdcr => &mut a.mdcr_writes,
            Register::Oslar | Register::Osdlr | Register::Osdtrrx | Register::Osdtrtx => &mut a.other,
            _ if is_write => &mut a.bank_writes,
            _ => &mut a.bank_reads,
        };
        *counter += 1;
        self.accesses.set(a);
        self.log.borrow_mut().push((register, write));
    }

    /// P14: an access beyond the counts would be undefined at EL2.
    fn check_index(&self, register: Register) {
        let (n, count) = match register {
            Register::Bvr(n) | Register::Bcr(n) => (n, self.counts.breakpoints()),
            Register::Wvr(n) | Register::Wcr(n) => (n, self.counts.watchpoints()),
            _ => return,
        };
        assert!(n < count, "P14: {register:?} does not exist");
    }
}

impl DebugHardware for FakeHardware {
    fn counts(&self) -> Counts {
        self.counts
    }

    fn event_counters(&self) -> u8 {
        self.event_counters
    }

    fn read(&self, register: Register) -> u64 {
        self.check_index(register);
        self.count(register, None);
        let r = self.registers.borrow();
        match register {
            Register::Bvr(n) => r.bvr[n as usize],
            Register::Bcr(n) => r.bcr[n as usize],
            Register::Wvr(n) => r.wvr[n as usize],
            Register::Wcr(n) => r.wcr[n as usize],
            Register::Mdccint => r.mdccint,
            Register::ClaimSet => CLAIM_TAGS,
            Register::ClaimClr => r.claim,
            Register::Vcr32 => r.vcr32,
            Register::Mdscr => r.mdscr,
            Register::Mdcr => panic!("B8: MDCR_EL2 is never read back"),
            Register::Oslar => panic!("OSLAR_EL1 is write only"),
            Register::Osdlr => r.double_lock.into(),
            Register::Osdtrrx => r.channel[0],
            Register::Osdtrtx => r.channel[1],
        }
    }

    fn write(&self, register: Register, value: u64) {
        self.check_index(register);
        self.count(register, Some(value));
        let mut r = self.registers.borrow_mut();
        match register {
            Register::Bvr(n) => r.bvr[n as usize] = value,
            Register::Bcr(n) => r.bcr[n as usize] = value,
            Register::Wvr(n) => r.wvr[n as usize] = value & !0b11,
            Register::Wcr(n) => r.wcr[n as usize] = value,
            Register::Mdccint => r.mdccint = value,
            Register::ClaimSet => r.claim |= value & CLAIM_TAGS,
            Register::ClaimClr => r.claim &= !value,
            Register::Vcr32 => r.vcr32 = value,
            Register::Mdscr => r.mdscr = value,
            Register::Mdcr => r.mdcr = value,
            Register::Oslar => r.os_lock = value & 1 != 0,
            Register::Osdlr => r.double_lock = value & 1 != 0,
            // Under the OS lock only.
            Register::Osdtrrx if r.os_lock => r.channel[0] = value,
            Register::Osdtrtx if r.os_lock => r.channel[1] = value,
            Register::Osdtrrx | Register::Osdtrtx => (),
        }
    }

    fn synchronize(&self) {}
}
