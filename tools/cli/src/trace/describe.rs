// SPDX-License-Identifier: MIT OR Apache-2.0
//! A record in words: its syndrome decoded to names.

use debug_registers::lookup;
use esr::{DataAbort, Esr, Syndrome, SysReg, SysRegAccess};
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
    match DEVICES.iter().find(|(base, _)| address & !(PAGE - 1) == *base) {
        Some((base, device)) => format!("{what}{size} at {device}+{:#x}", address - base),
        None => format!("{what}{size} at {address:#x}"),
    }
}

fn call(conduit: &str, function: u64) -> String {
    match CALLS.iter().find(|(number, _)| *number == function as u32) {
        Some((_, name)) => format!("{conduit} {name}"),
        None => format!("{conduit} {function:#x}"),
    }
}
