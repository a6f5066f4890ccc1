// SPDX-License-Identifier: MIT OR Apache-2.0
//! A record in words: its syndrome decoded to names.

use arm_syndrome::{DataAbort, Esr, Syndrome, SysReg, SysRegAccess};
use arm_trap_table::lookup;
use vmm::trace::{Cause, Record};

/// Where the devices are that every guest has.
const DEVICES: [(u64, &str); 2] = [(vmm::guest_map::GICD, "GICD"), (vmm::guest_map::UART, "UART")];
const PAGE: u64 = 0x1000;

/// Functions of hypercalls.
const CALLS: [(u32, &str); 8] = [
    (0x8400_0000, "PSCI_VERSION"),
    (0x8400_0002, "CPU_OFF"),
    (0x8400_0008, "SYSTEM_OFF"),
    (0x8400_0009, "SYSTEM_RESET"),
    (0x8400_000a, "PSCI_FEATURES"),
    (0x8400_0006, "MIGRATE_INFO_TYPE"),
    (0x8000_0000, "SMCCC_VERSION"),
    (0x8000_0001, "SMCCC_ARCH_FEATURES"),
];

/// What the guest did.
pub fn describe(record: &Record) -> String {
    let cause = Cause(record.cause);
    if record.esr == 0 {
        return format!("{} {}", cause.name(), record.value);
    }
    match Esr::new(record.esr.into()).decode() {
        Syndrome::SysReg(access) => register_access(access, record.value),
        Syndrome::DataAbort(abort) => memory_access(abort, record.value),
        Syndrome::InstructionAbort(_) => format!("fetch from {:#x}", record.value),
        Syndrome::Wait(wait) => format!("{:?}", wait.kind).to_uppercase(),
        Syndrome::Hvc(_) => call("HVC", record.value),
        Syndrome::Smc { .. } => call("SMC", record.value),
        _ => cause.name().into(),
    }
}

/// The kind of what the guest did: without values, Rt, and numbers of breakpoints. `value`: x0 of a call, else the address.
pub fn kind(esr: u64, value: u64) -> String {
    let direction = |is_read: bool, read, write| -> &str { if is_read { read } else { write } };
    match Esr::new(esr).decode() {
        Syndrome::SysReg(SysRegAccess { register, direction: way, .. }) => {
            format!("{} {}", direction(way.is_read(), "mrs", "msr"), without_number(&register_name(register)))
        }
        Syndrome::DataAbort(abort) => {
            format!("{} at {}", direction(abort.direction.is_read(), "read", "write"), place(value & !0x7f))
        }
        Syndrome::Wait(wait) => format!("{:?}", wait.kind).to_uppercase(),
        Syndrome::Hvc(_) => call("HVC", value),
        _ => format!("exception class {:#x}", esr >> 26),
    }
}

/// `DBGBVR_EL1` for all of them.
fn without_number(name: &str) -> String {
    let bank =
        ["DBGBVR", "DBGBCR", "DBGWVR", "DBGWCR"].iter().find_map(|kind| name.strip_prefix(kind).map(|end| (kind, end)));
    bank.map_or_else(
        || name.into(),
        |(kind, end)| format!("{kind}{}", end.trim_start_matches(|c: char| c.is_ascii_digit())),
    )
}

fn register_access(access: SysRegAccess, value: u64) -> String {
    let name = register_name(access.register);
    let rt = match access.rt.number() {
        31 => "xzr".into(),
        number => format!("x{number}"),
    };
    if access.direction.is_read() {
        format!("mrs {rt}, {name} = {value:#x}")
    } else {
        format!("msr {name}, {rt} = {value:#x}")
    }
}

fn register_name(register: SysReg) -> String {
    lookup(register).map_or_else(|| register.to_string(), |row| row.name.into())
}

fn memory_access(abort: DataAbort, address: u64) -> String {
    let what = if abort.direction.is_read() { "read" } else { "write" };
    let size = abort.transfer.map_or(String::new(), |transfer| format!(" {} bytes", transfer.size.bytes()));
    format!("{what}{size} at {}", place(address))
}

fn place(address: u64) -> String {
    match DEVICES.iter().find(|(base, _)| address & !(PAGE - 1) == *base) {
        Some((base, device)) => format!("{device}+{:#x}", address - base),
        None => format!("{address:#x}"),
    }
}

fn call(conduit: &str, function: u64) -> String {
    match CALLS.iter().find(|(number, _)| *number == function as u32) {
        Some((_, name)) => format!("{conduit} {name}"),
        None => format!("{conduit} {function:#x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_no_numbers() {
        let msr = |op2: u64, crm: u64| 0x18 << 26 | 1 << 25 | 2 << 20 | op2 << 17 | 7 << 5 | crm << 1;
        assert_eq!(kind(msr(4, 3), 0), "msr DBGBVR_EL1");
        assert_eq!(kind(msr(7, 0) | 1, 0), "mrs DBGWCR_EL1");
        assert_eq!(kind(msr(2, 2), 0), "msr MDSCR_EL1");
        assert_eq!(kind(0x24 << 26 | 1 << 25 | 1 << 6, vmm::guest_map::GICD + 0x109), "write at GICD+0x100");
        assert_eq!(kind(0x16 << 26 | 1 << 25, 0x8400_0008), "HVC SYSTEM_OFF");
        assert_eq!(kind(0x3f << 26, 0), "exception class 0x3f");
    }
}
