// SPDX-License-Identifier: MIT OR Apache-2.0
//! A native program beside two guests that write every register: it reads all that EL0 can name, finds its own, what
//! never changes, or a trap; and nothing that a guest arms stops it. Its parent (`warden`) steps it over the traps.
#![allow(unsafe_code)]

use core::cell::Cell;
use core::fmt::{self, Write};

use sel4_microkit::{Channel, var};
use serial::ring::Ring;

/// To the serial driver.
const SERIAL: Channel = Channel::new(0);
/// What the result register holds before an access: a trapped one leaves it.
const UNTOUCHED: u64 = 0x5e11_5e11_5e11_5e11;
/// What the guests write (`bare_sweep_a.vmmcfg` and `_b`), as far as a register keeps it.
const GUESTS: [u64; 2] = [0x1111_1111_1111_1111, 0x2222_2222_2222_2222];
const EVERY: u64 = 100;

/// What a register turned out to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Finding {
    /// The warden was needed.
    Trapped,
    /// Reads this for ever.
    Constant(u64),
    /// Goes forward.
    Time(u64),
    /// Holds what is ours: the address of the IPC buffer.
    Own(u64),
}

struct Register {
    name: &'static str,
    read: fn() -> u64,
}

macro_rules! registers {
    ($($name:literal $(= $encoding:literal)?;)*) => {
        [$(Register { name: $name, read: || read!(registers!(@ $name $(, $encoding)?)) },)*]
    };
    (@ $name:literal) => { $name };
    (@ $name:literal, $encoding:literal) => { $encoding };
}

macro_rules! read {
    ($register:expr) => {{
        let value: u64;
        // SAFETY: reads into a register, or traps and is skipped; memory is not touched.
        unsafe {
            core::arch::asm!("mov {0}, {1}", concat!("mrs {0}, ", $register), out(reg) value, in(reg) UNTOUCHED,
                options(nomem, nostack));
        }
        value
    }};
}

static REGISTERS: [Register; 57] = registers! {
    // EL0's own.
    "tpidr_el0"; "tpidrro_el0"; "nzcv"; "ctr_el0"; "dczid_el0"; "cntfrq_el0"; "cntvct_el0"; "cntpct_el0";
    "daif" = "s3_3_c4_c2_1"; "fpcr" = "s3_3_c4_c4_0"; "fpsr" = "s3_3_c4_c4_1";
    "ssbs" = "s3_3_c4_c2_6"; "dit" = "s3_3_c4_c2_5"; "tco" = "s3_3_c4_c2_7"; "rndr" = "s3_3_c2_c4_0";
    "scxtnum_el0" = "s3_3_c13_c0_7"; "tpidr2_el0" = "s3_3_c13_c0_5";
    // Timers.
    "cntv_ctl_el0"; "cntv_cval_el0"; "cntv_tval_el0"; "cntp_ctl_el0"; "cntp_cval_el0"; "cntkctl_el1";
    // The debug channel.
    "mdccsr_el0"; "dbgdtr_el0"; "dbgdtrrx_el0" = "s2_3_c0_c5_0";
    // Performance monitors, activity monitors.
    "pmcr_el0"; "pmcntenset_el0"; "pmovsclr_el0"; "pmselr_el0"; "pmccntr_el0"; "pmxevtyper_el0"; "pmxevcntr_el0";
    "pmuserenr_el0"; "pmevcntr0_el0"; "pmevtyper0_el0"; "pmccfiltr_el0"; "amcr_el0" = "s3_3_c13_c2_0";
    // EL1's.
    "midr_el1"; "id_aa64pfr0_el1"; "id_aa64dfr0_el1"; "sctlr_el1"; "par_el1"; "contextidr_el1"; "ttbr0_el1"; "esr_el1";
    "far_el1"; "vbar_el1"; "tpidr_el1"; "spsr_el1"; "csselr_el1"; "ccsidr_el1"; "currentel" = "s3_0_c4_c2_2";
    // Debug.
    "mdscr_el1"; "dbgbvr0_el1"; "oslsr_el1"; "dbgclaimclr_el1";
};

/// Looks for ever.
pub fn run() -> ! {
    let console = Console::find();
    let mut findings = [Finding::Trapped; REGISTERS.len()];
    for (register, finding) in REGISTERS.iter().zip(&mut findings) {
        *finding = find(register, &console);
        console.line(format_args!("SWEEP native {} {}", register.name, finding.name()));
    }
    let vectors = vector();
    console.line(format_args!("SWEEP native d0 {}", if vectors == UNTOUCHED { "trapped" } else { "FAIL readable" }));
    for round in 1u64.. {
        let good = REGISTERS.iter().zip(&mut findings).all(|(register, finding)| finding.holds(register, &console));
        if !good || work() != WORK {
            console.line(format_args!("FAIL native round {round}"));
        }
        if round.is_multiple_of(EVERY) {
            console.line(format_args!("native: round {round}"));
        }
    }
    unreachable!("rounds do not end")
}

fn find(register: &Register, console: &Console) -> Finding {
    let value = (register.read)();
    if value != 0 && GUESTS.iter().any(|pattern| value == *pattern || value == pattern & u64::from(u32::MAX)) {
        console.line(format_args!("FAIL native {}: {value:#x} is a guest's", register.name));
    }
    match value {
        UNTOUCHED => Finding::Trapped,
        _ if register.name == "tpidr_el0" => Finding::Own(value),
        _ if register.name.starts_with("cnt") && register.name.contains("ct_") => Finding::Time(value),
        // Changes as instructions do.
        _ if register.name == "nzcv" => Finding::Time(0),
        _ => Finding::Constant(value),
    }
}

impl Finding {
    fn name(self) -> &'static str {
        match self {
            Self::Trapped => "trapped",
            Self::Constant(_) => "constant",
            Self::Time(_) => "time",
            Self::Own(_) => "switched",
        }
    }

    fn holds(&mut self, register: &Register, console: &Console) -> bool {
        let value = (register.read)();
        let good = match self {
            Self::Trapped => value == UNTOUCHED,
            Self::Constant(expected) | Self::Own(expected) => value == *expected,
            Self::Time(last) => value >= core::mem::replace(last, value) || register.name == "nzcv",
        };
        if !good {
            console.line(format_args!("FAIL native {}: {value:#x}", register.name));
        }
        good
    }
}

/// Loads and stores that a guest's watchpoint over all memory would see, and branches that its breakpoints would.
fn work() -> u64 {
    let cells: [Cell<u64>; 64] = core::array::from_fn(|n| Cell::new(n as u64));
    for cell in &cells {
        cell.set(core::hint::black_box(cell).get() * 3);
    }
    cells.iter().map(|cell| core::hint::black_box(cell).get()).sum()
}

/// Three times 0 to 63.
const WORK: u64 = 3 * 63 * 64 / 2;

fn vector() -> u64 {
    let value: u64;
    // SAFETY: as for the registers.
    unsafe {
        core::arch::asm!(".arch_extension fp", "mov {0}, {1}", "fmov {0}, d0", ".arch_extension nofp", out(reg) value,
            in(reg) UNTOUCHED, options(nomem, nostack));
    }
    value
}

/// Our ring to the serial driver.
struct Console(&'static Ring);

impl Console {
    fn find() -> Self {
        let vaddr = *var!(observer_tx_vaddr: usize = 0);
        // SAFETY: the description maps a page there for ever, and a ring is all atomics.
        let ring = unsafe { core::ptr::with_exposed_provenance::<Ring>(vaddr).as_ref() }.expect("a ring");
        ring.set_name("native");
        Self(ring)
    }

    fn line(&self, line: fmt::Arguments<'_>) {
        let mut out = self;
        // A ring never fails.
        let _ = writeln!(out, "{line}");
        SERIAL.notify();
    }
}

impl Write for &Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            while !self.0.has_room() {
                SERIAL.notify();
            }
            self.0.push(byte);
        }
        Ok(())
    }
}
