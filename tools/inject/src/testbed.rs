// SPDX-License-Identifier: MIT OR Apache-2.0
//! The system that faults are injected into: two bare guests, the first one's VMM the victim.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, bail};
use object::{Object, ObjectSegment, ObjectSymbol};

use super::clock;
use super::emulator::Emulator;
use super::gdb::{Gdb, PC};
use lazaret_build::{Built, Request, system};
use lazaret_machine::interrupt::keep_from;
use lazaret_machine::{Clock, Drive, PrivateFolder, Qemu};
use lazaret_programs::Config;
use lazaret_programs::workspace::Workspace;

/// The protection domain that faults are injected into.
pub const VICTIM: &str = "vmm_bare_a";
/// The victim's guest and the other one, by the names of their consoles.
pub const GUESTS: [&str; 2] = ["bare_a", "bare_b"];
/// `svc #0`, and before it the number of ReplyRecv.
const SVC: u32 = 0xd400_0001;
const REPLY_RECV: u32 = 0x9280_0027;
/// Seconds of the machine's time that output may take, once the debugger is gone: many times what it takes.
const LIMIT: u32 = 20;
/// The same where pauses take the host's time.
const LIMIT_WITH_PAUSES: u32 = 240;
/// Marks in the guest, used again after so many, and what one takes in bytes.
const MARKS: u64 = 256;
const MARK_SIZE: u64 = 8;
/// Of a program that nobody calls; no place is there.
const NO_REPLY: u64 = u64::MAX;
/// Of a system without such a guest; no place is behind it.
const NO_MARKS: u64 = u64::MAX;

/// The built system, and where in it things are.
pub struct Testbed {
    qemu: Qemu,
    image: PathBuf,
    executables: PathBuf,
    /// Physical memory of the kernel, without its code.
    pub kernel: std::ops::Range<u64>,
    /// `svc` of ReplyRecv in the VMM; the exit begins behind it. A program that nobody calls has none.
    pub reply: u64,
    /// All `svc` of the program.
    pub svcs: Vec<u64>,
    name: u64,
    victim: &'static str,
    marks: u64,
    limit: u32,
}

impl Testbed {
    /// Builds the system that faults are injected into.
    pub fn new(workspace: &Workspace) -> anyhow::Result<Self> {
        Self::of(workspace, &Self::request(workspace, "crash", Config::Debug), VICTIM)
    }

    /// A system of `tests/systems`.
    pub fn request(workspace: &Workspace, name: &str, config: Config) -> Request {
        Request { config, ..Request::new(workspace.test_system(name)) }
    }

    /// Builds a system, to inject into this domain, which is a VMM.
    pub fn of(workspace: &Workspace, request: &Request, victim: &'static str) -> anyhow::Result<Self> {
        Self::of_program(workspace, request, victim, "vmm")
    }

    /// The same of a domain with another program.
    pub fn of_program(
        workspace: &Workspace,
        request: &Request,
        victim: &'static str,
        program: &str,
    ) -> anyhow::Result<Self> {
        let built = system::build(workspace, request)?;
        let mut qemu = Qemu::of(workspace, &built.board)?;
        qemu.clock = Clock::Repeatable;
        let read = |name: &Path| std::fs::read(name).with_context(|| name.display().to_string());
        let executables = built.executables.clone();
        let elf = read(&executables.join(program))?;
        let guest = executables.join("bare-aarch64");
        let (svcs, reply) = system_calls(&elf)?;
        let kernel = kernel_data(&built);
        let name = symbol(&elf, "microkit_name")?;
        let marks = if guest.exists() { symbol(&read(&guest)?, "marks")? } else { NO_MARKS };
        Ok(Self { qemu, image: built.path, executables, kernel, reply, svcs, name, marks, victim, limit: LIMIT })
    }

    /// An address in the kernel.
    pub fn kernel_symbol(&self, name: &str) -> anyhow::Result<u64> {
        let path = self.executables.join("microkernel");
        symbol(&std::fs::read(&path).with_context(|| path.display().to_string())?, name)
    }

    /// So many bytes into each place of the kernel's code that is this.
    pub fn kernel_code(&self, code: &[u8], offset: u64) -> anyhow::Result<Vec<u64>> {
        let path = self.executables.join("microkernel");
        let elf = std::fs::read(&path).with_context(|| path.display().to_string())?;
        let elf = object::File::parse(&*elf)?;
        let mut places = Vec::new();
        for segment in elf.segments() {
            let words = segment.data()?.windows(code.len()).enumerate().step_by(4);
            let found = words.filter(|(_, window)| *window == code);
            places.extend(found.map(|(at, _)| segment.address() + at as u64 + offset));
        }
        Ok(places)
    }

    /// With a disk.
    pub fn with_drive(mut self, drive: &Drive) -> anyhow::Result<Self> {
        self.qemu = self.qemu.with_drive(drive)?;
        Ok(self)
    }

    /// In a network, as `-netdev` has it.
    pub fn with_network(mut self, network: &str) -> anyhow::Result<Self> {
        self.qemu = self.qemu.with_network(network)?;
        Ok(self)
    }

    /// While nothing has to be done, time is the host's: a machine that hears from outside.
    pub fn with_pauses(mut self) -> Self {
        self.qemu.clock = Clock::Instructions(0);
        self.limit = LIMIT_WITH_PAUSES;
        self
    }

    /// Starts the machine, stopped before its first instruction.
    pub fn start(&self) -> anyhow::Result<(Emulator, Gdb)> {
        let folder = PrivateFolder::new()?;
        let [socket, control] = ["gdb", "qmp"].map(|name| folder.join(name));
        let mut command = self.qemu.command(&self.image);
        command.arg("-S").arg("-chardev");
        command.arg(format!("socket,path={},server=on,wait=off,id=gdb", Qemu::in_option(&socket)));
        command.args(["-gdb", "chardev:gdb"]);
        clock::options(&mut command, &control);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = keep_from(&mut command).spawn().context("cannot start QEMU")?;
        let machine = Emulator::new(child, folder, control, self.limit)?;
        let gdb = Gdb::connect(&socket)?;
        Ok((machine, gdb))
    }

    /// Runs to where the victim is at one of these places, but so many times.
    pub fn to(&self, gdb: &mut Gdb, places: &[u64], skip: u64) -> anyhow::Result<()> {
        places.iter().try_for_each(|&place| gdb.breakpoint(place, true))?;
        let mut left = skip + 1;
        while left > 0 {
            gdb.go_on()?;
            left -= u64::from(self.is_victim(gdb)?);
        }
        places.iter().try_for_each(|&place| gdb.breakpoint(place, false))
    }

    /// Runs to where the victim comes to this place, after so many passes of it; `false` if it replies before.
    pub fn reaches(&self, gdb: &mut Gdb, place: u64, passes: usize) -> anyhow::Result<bool> {
        let places = std::collections::BTreeSet::from([place, self.reply]);
        places.iter().try_for_each(|&place| gdb.breakpoint(place, true))?;
        let (mut left, mut at) = (passes + 1, place);
        while left > 0 && at == place {
            gdb.go_on()?;
            if self.is_victim(gdb)? {
                at = gdb.registers()?[PC];
                left -= 1;
            }
        }
        places.iter().try_for_each(|&place| gdb.breakpoint(place, false))?;
        Ok(at == place)
    }

    /// Steps of a round of the guest (its mode crash); not all are used.
    pub const STEPS: u64 = 16;

    /// Where the guest passes at the beginning of a step of a round, which are counted from 1.
    pub fn mark(&self, round: u64, step: u64) -> u64 {
        self.marks.wrapping_add(MARK_SIZE * ((Self::STEPS * round + step) % MARKS))
    }

    /// The same of these steps, for all rounds.
    pub fn marks_of(&self, steps: std::ops::Range<u64>) -> Vec<u64> {
        (0..MARKS / Self::STEPS).flat_map(|round| steps.clone().map(move |step| self.mark(round, step))).collect()
    }

    /// The step that begins here.
    pub fn step_at(&self, pc: u64) -> Option<u64> {
        let mark = pc.checked_sub(self.marks)? / MARK_SIZE;
        (mark < MARKS).then_some(mark % Self::STEPS)
    }

    /// Whether the victim is what runs.
    pub fn is_victim(&self, gdb: &mut Gdb) -> anyhow::Result<bool> {
        let name = gdb.read(self.name, self.victim.len() + 1)?;
        Ok(name.is_some_and(|name| name.strip_suffix(&[0]) == Some(self.victim.as_bytes())))
    }
}

fn symbol(elf: &[u8], name: &str) -> anyhow::Result<u64> {
    let elf = object::File::parse(elf)?;
    let found = elf.symbols().find(|symbol| symbol.name() == Ok(name)).map(|symbol| symbol.address());
    found.with_context(|| format!("no symbol {name}"))
}

/// Addresses of all system calls in a program, and of the one that replies and waits.
fn system_calls(elf: &[u8]) -> anyhow::Result<(Vec<u64>, u64)> {
    let elf = object::File::parse(elf)?;
    let mut code: HashMap<u64, u32> = HashMap::new();
    for segment in elf.segments() {
        let words = segment.data()?.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap_or_default()));
        code.extend((segment.address()..).step_by(4).zip(words));
    }
    let mut svcs: Vec<u64> = code.iter().filter(|(_, word)| **word == SVC).map(|(at, _)| *at).collect();
    svcs.sort_unstable();
    let is_reply = |at: u64| (1..16).any(|n| code.get(&(at - 4 * n)) == Some(&REPLY_RECV));
    match svcs.iter().copied().filter(|&at| is_reply(at)).collect::<Vec<_>>()[..] {
        [reply] => Ok((svcs, reply)),
        [] => Ok((svcs, NO_REPLY)),
        ref found => bail!("it answers at {found:x?}: one place was expected, or none"),
    }
}

/// The second half of the kernel's memory: code comes first.
fn kernel_data(built: &Built) -> std::ops::Range<u64> {
    let text = built.sizes.iter().find(|size| size.what == "microkernel text").map_or(0, |size| size.bytes);
    let base = built.board.kernel_base;
    base + text.next_multiple_of(4096)..base + built.image.kernel_size
}
