// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each kind of exit, and what is none.

use super::*;

pub(super) const fn store(ipa: u64, x: u64) -> Event {
    Event::Fault { label: 6, word: ipa, esr: 0x24 << 26 | 1 << 25 | 1 << 24 | 2 << 22 | 1 << 16 | 1 << 6 | 7, x }
}

pub(super) const fn load(ipa: u64) -> Event {
    Event::Fault { label: 6, word: ipa, esr: 0x24 << 26 | 1 << 25 | 1 << 24 | 2 << 22 | 2 << 16 | 7, x: 0 }
}

/// A data abort without a description, of this instruction.
pub(super) const fn undescribed(ipa: u64, instruction: u64, write: u64) -> Event {
    Event::Fault { label: 6, word: ipa, esr: 0x24 << 26 | 1 << 25 | write << 6 | 7, x: instruction }
}

pub(super) const fn register(op: [u64; 5], read: bool, x: u64) -> Event {
    let [op0, op1, crn, crm, op2] = op;
    let iss = op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | 1 << 5 | crm << 1 | read as u64;
    Event::Fault { label: 8, word: 0, esr: 0x18 << 26 | 1 << 25 | iss, x }
}

pub(super) const fn call(function: u64) -> Event {
    Event::Fault { label: 8, word: 0, esr: 0x5a00_0000, x: function }
}

pub(super) const fn other(label: u64, word: u64) -> Event {
    Event::Fault { label, word, esr: 0, x: 0 }
}

/// A WFI with nothing pending.
pub(super) const WAITS: &str = "WFI";
pub(super) const WFI: Event = Event::Fault { label: 8, word: 0, esr: 0x07e0_0000, x: 0 };

/// Each kind of exit, in an order in which each finds something to do.
pub(super) const EVENTS: [(&str, Event); 92] = [
    ("GICD_CTLR", store(GICD, 1)),
    ("GICD_ISENABLER0", store(GICD + 0x100, 1 << 27)),
    ("GICD_ISENABLER1", store(GICD + 0x104, 2)),
    ("GICD_IPRIORITYR", store(GICD + 0x420, 0x8080_4080)),
    ("GICD_ITARGETSR", store(GICD + 0x820, 0x0101_0101)),
    ("GICD_ICFGR", store(GICD + 0xc08, 0xa)),
    ("GICD read", load(GICD + 0x104)),
    ("UARTCR", store(UART + 0x30, 0x301)),
    ("UARTLCR_H", store(UART + 0x2c, 0x70)),
    ("UARTIMSC", store(UART + 0x38, 0x50)),
    ("UARTDR write", store(UART, b'a' as u64)),
    ("UARTDR newline", store(UART, b'\n' as u64)),
    ("UARTFR", load(UART + 0x18)),
    ("input", Event::Input(b"xyz")),
    ("UARTDR read", load(UART)),
    ("UARTDR read again", load(UART)),
    ("UARTICR", store(UART + 0x44, 0x7ff)),
    ("GICD_ISENABLER1 of the clock", store(GICD + 0x104, 4)),
    ("RTCIMSC", store(CLOCK + 0x10, 1)),
    ("RTCLR", store(CLOCK + 8, 1000)),
    ("RTCMR, for now", store(CLOCK + 4, 1000)),
    ("RTCMIS", load(CLOCK + 0x18)),
    ("RTCICR", store(CLOCK + 0x1c, 1)),
    ("maintenance of the UART's", other(7, 0)),
    ("GICD_SGIR", store(GICD + 0xf00, 2 << 24 | 5)),
    ("GICD_ISPENDR", store(GICD + 0x200, 1 << 27)),
    ("timer", other(9, 27)),
    ("WFI with something pending", WFI),
    ("maintenance 0", other(7, 0)),
    ("maintenance 1", other(7, 1)),
    ("maintenance of none", other(7, u64::MAX)),
    ("UARTDR read of the last", load(UART)),
    (WAITS, WFI),
    ("timer of a vCPU that waited", other(9, 27)),
    ("maintenance of the timer's", other(7, 0)),
    ("CPU_SUSPEND", call(0x8400_0001)),
    ("input for a vCPU that waits", Event::Input(b"w")),
    ("UARTDR read of that", load(UART)),
    ("MDSCR_EL1 write", register([2, 0, 0, 2, 2], false, 0x8000)),
    ("DBGBVR1_EL1 write", register([2, 0, 0, 1, 4], false, 0x1234_5678)),
    ("DBGBVR1_EL1 read", register([2, 0, 0, 1, 4], true, 0)),
    ("OSLAR_EL1", register([2, 0, 1, 0, 4], false, 1)),
    ("OSLSR_EL1", register([2, 0, 1, 1, 4], true, 0)),
    ("DBGCLAIMSET_EL1", register([2, 0, 7, 8, 6], false, 5)),
    ("DBGCLAIMCLR_EL1", register([2, 0, 7, 9, 6], false, 1)),
    ("an unknown register", register([3, 1, 15, 2, 0], true, 0)),
    ("STP post-index", undescribed(GICD + 0x430, 0x2881_0861, 1)),
    ("LDP pre-index", undescribed(GICD + 0x430, 0x29c0_0861, 0)),
    ("LDP that takes input", undescribed(UART, 0x28c1_0861, 0)),
    ("STR post-index to UARTDR", undescribed(UART, 0xb800_4461, 1)),
    ("LDR of a vector", undescribed(GICD + 0x420, 0x3cc1_0462, 0)),
    ("STR of a vector", undescribed(GICD + 0x440, 0x3c81_0462, 1)),
    ("LDXR", undescribed(GICD + 0x420, 0x885f_7c61, 0)),
    ("nothing there", load(0x0a00_0000)),
    ("PSCI_VERSION", call(0x8400_0000)),
    ("an unknown call", call(0x8400_00ff)),
    ("GICD_IPRIORITYR of SGIs, below the guest's mask", store(GICD + 0x404, 0xf8f8_f8f8)),
    ("GICD_IPRIORITYR of more of them", store(GICD + 0x408, 0xf8f8_f8f8)),
    ("SGI 4", store(GICD + 0xf00, 2 << 24 | 4)),
    ("SGI 5", store(GICD + 0xf00, 2 << 24 | 5)),
    ("SGI 6", store(GICD + 0xf00, 2 << 24 | 6)),
    ("SGI 7", store(GICD + 0xf00, 2 << 24 | 7)),
    ("SGI 8, for which no list register is left", store(GICD + 0xf00, 2 << 24 | 8)),
    ("GICD_ISPENDR read", load(GICD + 0x200)),
    ("GICD_CPENDSGIR", store(GICD + 0xf14, 1 << 24)),
    ("WFI with masked interrupts", WFI),
    ("input for a vCPU that waits with full list registers", Event::Input(b"v")),
    ("UARTDR read, and a level falls", load(UART)),
    ("the timer's interrupt", other(TIMER, 27)),
    ("GICD_IPRIORITYR of the timer", store(GICD + 0x418, 0x4000_0000)),
    ("GICD_ICENABLER0 of the timer", store(GICD + 0x180, 1 << 27)),
    ("GICD_ISENABLER0 of the timer", store(GICD + 0x100, 1 << 27)),
    ("GICD_ICACTIVER0 of the timer", store(GICD + 0x380, 1 << 27)),
    ("the timer's interrupt again", other(TIMER, 27)),
    ("GICD_ISENABLER0 of the physical timer", store(GICD + 0x100, 1 << 30)),
    ("CNTPCT_EL0", register([3, 3, 14, 0, 1], true, 0)),
    ("CNTP_CVAL_EL0", register([3, 3, 14, 2, 2], false, 500)),
    ("CNTP_CTL_EL0", register([3, 3, 14, 2, 1], false, 1)),
    ("an alarm too early", other(TIMER, 30)),
    ("500 ticks", Event::Time(500)),
    ("the alarm", other(TIMER, 30)),
    ("CNTP_CTL_EL0 read", register([3, 3, 14, 2, 1], true, 0)),
    ("CNTP_TVAL_EL0, and the level falls", register([3, 3, 14, 2, 0], false, 100)),
    ("RTCMR, for a second from now", store(CLOCK + 4, 1001)),
    ("RTCIMSC again", store(CLOCK + 0x10, 1)),
    ("CNTP_CTL_EL0 off, and the clock's alarm is left", register([3, 3, 14, 2, 1], false, 0)),
    ("CNTP_CVAL_EL0 of a time that was", register([3, 3, 14, 2, 2], false, 7)),
    ("CNTP_CTL_EL0 of that", register([3, 3, 14, 2, 1], false, 1)),
    ("GICD_CTLR off", store(GICD, 0)),
    ("GICD_CTLR on", store(GICD, 1)),
    ("SYSTEM_RESET", call(0x8400_0009)),
    ("SYSTEM_OFF", call(0x8400_0008)),
];
