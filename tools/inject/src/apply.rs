// SPDX-License-Identifier: MIT OR Apache-2.0
//! The injection: stops the machine where the case says, does the damage, lets it go on.

use super::case::{Case, FaultKind, register_name};
use super::gdb::{Gdb, PC, SP};
use super::testbed::Testbed;

/// Where the victim's VMM has its memory, as the description and the packer place it.
const STATE: u64 = 0x0220_0000;
const STATE_SIZE: u64 = size_of::<vmm::state::State>() as u64;
const IPC_BUFFER: u64 = 0x7f_ffff_f000;
const STACK_SIZE: u64 = 0x1_0000;
/// Nothing is there.
const NOWHERE: u64 = 0xdead_0000;
/// A slot of its CSpace that is empty.
const EMPTY_SLOT: u64 = 500;
/// ReplyRecv is a Recv without its first half.
const RECV: u64 = -5i64 as u64;
/// Where the label begins in a message's header, and a mask of more labels than replies have.
const LABEL_SHIFT: u32 = 12;
const LABELS: u64 = 7;
/// Free memory of the guest.
const SCRATCH: u64 = 0x4030_0000;
const JUMP_TO_ITSELF: u32 = 0x1400_0000;
/// `GICD_ISPENDR1` of the machine.
const PENDING: u64 = 0x0800_0204;

/// What was done, for the report: where, in few words.
pub struct Done {
    /// The part of the target that was hit: a row of the heat map.
    pub place: String,
    /// One line for a person.
    pub detail: String,
}

/// Leads the machine to the fault and injects it. A place that is not reached is an error.
pub fn apply(testbed: &Testbed, gdb: &mut Gdb, case: &Case) -> anyhow::Result<Done> {
    let mut case = case.clone();
    let mark = testbed.mark(case.round, case.step);
    gdb.breakpoint(mark, true)?;
    gdb.go_on()?;
    gdb.breakpoint(mark, false)?;
    match case.kind {
        FaultKind::GuestCode | FaultKind::GuestAccess => return guest(gdb, &mut case),
        FaultKind::Kernel => return kernel(testbed, gdb, &mut case),
        _ => {}
    }
    to_exit(testbed, gdb, case.exit)?;
    for _ in 0..case.instructions {
        gdb.step()?;
    }
    if !testbed.is_victim(gdb)? || gdb.registers()?[PC] > STATE {
        // In the kernel, or another program's turn: back to where the VMM is.
        to_exit(testbed, gdb, 0)?;
    }
    victim(testbed, gdb, &mut case)
}

/// To the victim's next exit but so many.
fn to_exit(testbed: &Testbed, gdb: &mut Gdb, skip: u64) -> anyhow::Result<()> {
    testbed.to(gdb, &[testbed.reply + 4], skip)
}

fn done(place: impl Into<String>, detail: impl Into<String>) -> anyhow::Result<Done> {
    Ok(Done { place: place.into(), detail: detail.into() })
}

fn flip_register(gdb: &mut Gdb, number: usize, mask: u64) -> anyhow::Result<Done> {
    let value = gdb.registers()?[number];
    gdb.set_register(number, value ^ mask)?;
    let name = register_name(number);
    done(name.clone(), format!("{name} {value:#x} ^ {mask:#x}"))
}

fn flip_memory(gdb: &mut Gdb, base: u64, offset: u64, mask: u64, what: &str) -> anyhow::Result<Done> {
    let at = base + offset / 8 * 8;
    let Some(bytes) = gdb.read(at, 8)? else { return done(what, format!("{what}: nothing at {at:#x}")) };
    let value = u64::from_le_bytes(bytes.try_into().unwrap_or_default());
    gdb.write(at, &(value ^ mask).to_le_bytes())?;
    done(format!("{what}+{:#x}", offset / 256 * 256), format!("{what} {at:#x}: {value:#x} ^ {mask:#x}"))
}

fn victim(testbed: &Testbed, gdb: &mut Gdb, case: &mut Case) -> anyhow::Result<Done> {
    let random = &mut case.random;
    let mask = random.flips();
    let registers = gdb.registers()?;
    match case.kind {
        FaultKind::Register => flip_register(gdb, random.below(33) as usize, mask),
        FaultKind::Stack => {
            let depth = (IPC_BUFFER - 0x1000).saturating_sub(registers[SP]).clamp(8, 1024);
            flip_memory(gdb, registers[SP] & !7, random.below(depth), mask, "stack")
        }
        FaultKind::State => flip_memory(gdb, STATE, random.below(STATE_SIZE), mask, "state"),
        FaultKind::IpcBuffer => flip_memory(gdb, IPC_BUFFER, random.below(512), mask, "buffer"),
        FaultKind::Message => {
            let number = random.below(6) as usize;
            let value = if random.below(2) == 0 { registers[number] ^ mask } else { random.word() };
            gdb.set_register(number, value)?;
            let place = ["badge", "label", "word 0", "word 1", "word 2", "word 3"][number];
            done(place, format!("{place} {:#x} -> {value:#x}", registers[number]))
        }
        FaultKind::Reply => {
            testbed.to(gdb, &[testbed.reply], 0)?;
            let registers = gdb.registers()?;
            let number = 1 + random.below(5) as usize;
            let value = match number {
                // The labels that there are, and some that there are not.
                1 => registers[number] & !(LABELS << LABEL_SHIFT) | random.below(LABELS + 1) << LABEL_SHIFT,
                _ if random.below(2) == 0 => registers[number] ^ mask,
                _ => random.word(),
            };
            gdb.set_register(number, value)?;
            let place = ["label", "ip", "spsr", "register", "value"][number - 1];
            done(format!("reply's {place}"), format!("reply's {place} {:#x} -> {value:#x}", registers[number]))
        }
        FaultKind::DroppedReply => {
            // The exit that is being handled.
            testbed.to(gdb, &[testbed.reply], 0)?;
            gdb.set_register(7, RECV)?;
            done("reply", "dropped")
        }
        FaultKind::DoubledReply => {
            gdb.set_register(PC, testbed.reply)?;
            gdb.set_register(0, 1)?;
            gdb.set_register(6, 4)?;
            gdb.set_register(7, -2i64 as u64)?;
            done("reply", "sent again, to the next exit")
        }
        FaultKind::DelayedReply => {
            let stops = 1 + random.below(8);
            (0..stops).try_for_each(|_| gdb.step())?;
            done("reply", format!("late by {stops} timers"))
        }
        FaultKind::Interrupts => interrupts(gdb, random.word()),
        FaultKind::Revoked => {
            let calls: Vec<u64> = testbed.svcs.iter().copied().filter(|&svc| svc != testbed.reply).collect();
            testbed.to(gdb, &calls, 0)?;
            let cap = gdb.registers()?[0];
            gdb.set_register(0, EMPTY_SLOT)?;
            done(format!("slot {cap}"), format!("the capability in slot {cap} is gone"))
        }
        FaultKind::Killed => {
            gdb.set_register(PC, NOWHERE)?;
            done("pc", format!("killed at {:#x}", registers[PC]))
        }
        FaultKind::Loop => {
            // A jump to itself. Code is not put back by a restart, so it ends when the restarts do.
            gdb.write(registers[PC], &JUMP_TO_ITSELF.to_le_bytes())?;
            done("pc", format!("loops at {:#x}", registers[PC]))
        }
        FaultKind::StackOverflow => {
            let bottom = IPC_BUFFER - 0x1000 - STACK_SIZE;
            gdb.set_register(SP, bottom + 16 * random.below(16))?;
            done("sp", "at the end of the stack")
        }
        FaultKind::GuestCode | FaultKind::GuestAccess | FaultKind::Kernel => done("nothing", "not the VMM's"),
    }
}

/// Makes interrupts of the machine's devices pending: the UART's, and a few that nobody handles.
fn interrupts(gdb: &mut Gdb, random: u64) -> anyhow::Result<Done> {
    let mask = if random & 1 == 0 { 1 << (random >> 8 & 31) } else { random as u32 | 2 };
    let times = if random & 1 == 0 { 1 } else { 1 + (random >> 40 & 15) };
    for _ in 0..times {
        gdb.physical(true)?;
        gdb.write(PENDING, &mask.to_le_bytes())?;
        gdb.physical(false)?;
        gdb.step()?;
    }
    done("interrupts", format!("{mask:#x} pending, {times} times"))
}

/// The guest runs on at code that we put into its memory.
fn guest(gdb: &mut Gdb, case: &mut Case) -> anyhow::Result<Done> {
    let random = &mut case.random;
    let length = 4 + random.below(60);
    let wild = case.kind == FaultKind::GuestCode;
    let code: Vec<u8> = (0..length)
        .flat_map(|_| if wild { vec![random.word() as u32] } else { access(random.word(), random.word()) })
        .chain([0xd65f_03c0])
        .flat_map(u32::to_le_bytes)
        .collect();
    gdb.write(SCRATCH, &code)?;
    let back = gdb.registers()?[PC];
    gdb.set_register(30, back)?;
    gdb.set_register(PC, SCRATCH)?;
    done("guest", format!("{} bytes of code", code.len()))
}

/// One access that traps: a system register, a device or nothing, or a call.
fn access(kind: u64, random: u64) -> Vec<u32> {
    let rt = (kind >> 8 & 15) as u32;
    let movz =
        |register: u32, value: u64, shift: u32| 0xd280_0000 | shift << 21 | (value as u32 & 0xffff) << 5 | register;
    let movk =
        |register: u32, value: u64, shift: u32| 0xf280_0000 | shift << 21 | (value as u32 & 0xffff) << 5 | register;
    match kind % 4 {
        // op0 is 2 or 3; reads and writes.
        0 | 1 => vec![0xd510_0000 | (kind as u32 >> 2 & 1) << 21 | (random as u32 & 0xf_ffe0) | rt],
        2 => {
            let device = [0x0800u64, 0x0801, 0x0900, 0x0a00][(random & 3) as usize];
            let op = [0xb940_0000u32, 0xb900_0000, 0x3940_0000, 0xf900_0000][(random >> 2 & 3) as usize];
            vec![movz(17, device, 1), movk(17, random >> 16 & 0xffc, 0), op | 17 << 5 | rt]
        }
        _ => {
            let function = [0x8400u64, 0xc400, 0x8600, random >> 32][(random & 3) as usize];
            let low = if random & 4 == 0 { random >> 8 & 0x1f } else { random >> 8 };
            // Neither off nor reset: the run is to go on.
            let low = if matches!(low & 0x1f, 8 | 9) { 0 } else { low };
            let call = if random & 8 == 0 { 0xd400_0002 } else { 0xd400_0003 };
            vec![movz(0, function, 1), movk(0, low, 0), movz(1, random >> 48, 0), call]
        }
    }
}

fn kernel(testbed: &Testbed, gdb: &mut Gdb, case: &mut Case) -> anyhow::Result<Done> {
    let range = &testbed.kernel;
    let offset = case.random.below(range.end - range.start);
    gdb.physical(true)?;
    let done = flip_memory(gdb, range.start, offset, case.random.flips(), "kernel");
    gdb.physical(false)?;
    done.map(|done| Done { place: format!("kernel+{:#x}", offset / 0x4000 * 0x4000), ..done })
}
