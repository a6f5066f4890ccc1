// SPDX-License-Identifier: MIT OR Apache-2.0
//! `check` and the booted system agree on random virtual machines: what is accepted starts, and each guest ends well.

use std::path::Path;
use std::time::Duration;

use lazaret_build::{Request, system};
use lazaret_machine::{Script, Watch};
use lazaret_programs::workspace::Workspace;

use crate::Scenario;
use crate::machine;
use crate::random::Random;

pub const SCENARIOS: &[Scenario] = &[("limits-random-vms", agree)];

/// Of the accepted systems so many are started, and with `--full`.
const STARTED: [usize; 2] = [3, 60];
/// Systems that are looked at.
const TRIED: u64 = 200;
const PAGES: [u64; 2] = [0x1000, 0x20_0000];
/// RAM of the smallest; it may be told that it has 2 MiB less.
const LEAST_RAM: u64 = 4 << 20;

fn agree() -> anyhow::Result<()> {
    let workspace = Workspace::find();
    let folder = machine::new_folder()?;
    // The programs that the descriptions name are there once it was built.
    let board = machine::build(&Request::new(machine::description("one_bare")))?.board;
    let [few, many] = STARTED;
    let wanted = if std::env::var_os("LAZARET_FULL").is_some() { many } else { few };
    let (mut started, mut refused) = (0, 0);
    for seed in 0..TRIED {
        let path = folder.join(format!("random-{seed}.system"));
        let vms = Vms::any(&mut Random(seed));
        vms.write(&path)?;
        let files = system::search_path(&workspace, &Request { board: machine::board().into(), ..Request::new(&path) });
        let verdict = lazaret_check::load(&path, &board, &files, &lazaret_plan::Options::of(&board));
        let why = verdict.as_ref().err().map(|errors| errors.iter().map(|error| &*error.what).collect::<Vec<_>>());
        let is_right = verdict.is_ok() == vms.is_right();
        anyhow::ensure!(is_right, "{}: accepted or refused by mistake: {why:?}", path.display());
        match verdict {
            Ok(_) if started < wanted => {
                vms.start(&path).map_err(|error| error.context(path.display().to_string()))?;
                started += 1;
            }
            Ok(_) => {}
            Err(_) => refused += 1,
        }
    }
    anyhow::ensure!(started == wanted && refused >= wanted, "{started} accepted, {refused} refused: hardly random");
    println!("  {started} accepted systems start, {refused} of {TRIED} were refused");
    Ok(())
}

/// Virtual machines, each with a VMM of its own, and channels.
struct Vms {
    list: Vec<Vm>,
    /// Between VMMs, with the same number at both ends.
    channels: Vec<(usize, usize, u64)>,
}

struct Vm {
    ram: u64,
    page: u64,
    /// What the guest is told that it has.
    told: u64,
    /// The VMM's, and the guest's.
    priorities: [u64; 2],
    is_passive: bool,
    /// Microseconds: the guest's.
    budget: u64,
    period: u64,
}

impl Vm {
    fn any(random: &mut Random) -> Self {
        let page = PAGES[random.below(2) as usize];
        let ram = LEAST_RAM + random.below(32) * PAGES[1] + if page == PAGES[0] { random.below(512) * page } else { 0 };
        let told = if random.below(16) == 0 { ram + PAGES[0] } else { ram - random.below(2) * PAGES[1] };
        let priorities = [1 + random.below(254), 1 + random.below(254)];
        let period = 1000 * (1 + random.below(10));
        let budget = if random.below(24) == 0 { period + 1 } else { period / 10 * (1 + random.below(10)) };
        Self { ram, page, told, priorities, is_passive: random.below(4) != 0, budget, period }
    }

    fn is_right(&self) -> bool {
        self.told <= self.ram && self.budget <= self.period
    }

    /// The region, the VMM with its guest, and the channel to the driver.
    fn description(&self, n: usize) -> String {
        let Self { ram, page, priorities: [vmm, guest], is_passive, budget, period, .. } = self;
        format!(
            r#"
    <memory_region name="ram{n}" size="{ram:#x}" page_size="{page:#x}" />
    <memory_region name="kernel{n}" prefill_path="bare.img" />
    <memory_region name="vmmcfg{n}" prefill_path="vm{n}.vmmcfg" />
    <protection_domain name="vmm{n}" priority="{vmm}" passive="{is_passive}" budget="900" period="1000" stack_size="0x10_000">
        <program_image path="vmm.elf" />
        <map mr="ram{n}" vaddr="0x40_000_000" perms="rw" setvar_vaddr="guest_ram_vaddr" setvar_size="guest_ram_size" />
        <map mr="vmmcfg{n}" vaddr="0x2_000_000" perms="r" setvar_vaddr="vmmcfg_vaddr" setvar_prefill_size="vmmcfg_size" />
        <map mr="kernel{n}" vaddr="0x80_000_000" perms="r" setvar_vaddr="kernel_vaddr" setvar_prefill_size="kernel_size" />
        <map mr="tx{n}" vaddr="0x2_100_000" perms="rw" setvar_vaddr="serial_tx_vaddr" />
        <map mr="rx{n}" vaddr="0x2_101_000" perms="rw" setvar_vaddr="serial_rx_vaddr" />
        <virtual_machine name="vm{n}" priority="{guest}" budget="{budget}" period="{period}">
            <vcpu id="0" />
            <map mr="ram{n}" vaddr="0x40_000_000" perms="rwx" />
            <map mr="gicv" vaddr="0x8_010_000" perms="rw" cached="false" />
        </virtual_machine>
    </protection_domain>
    <channel><end pd="serial" id="{n}" /><end pd="vmm{n}" id="0" /></channel>"#
        )
    }

    fn configuration(&self, n: usize) -> String {
        format!("name = vm{n}\nguest = bare64\nram_size = {:#x}\nbootargs = mode=workout\n", self.told)
    }
}

impl Vms {
    /// One to six.
    fn any(random: &mut Random) -> Self {
        let list: Vec<_> = (0..=random.below(6)).map(|_| Vm::any(random)).collect();
        let number = list.len() as u64;
        let any = |random: &mut Random| random.below(number) as usize;
        // Number 0 is the driver's, and 61 is the last.
        let channels = (0..random.below(3)).map(|_| (any(random), any(random), 40 + random.below(24))).collect();
        Self { list, channels }
    }

    /// What `check` should say, by the manual.
    fn is_right(&self) -> bool {
        let mut taken = std::collections::HashSet::new();
        let channels = self
            .channels
            .iter()
            .all(|&(one, other, id)| one != other && id <= 61 && taken.insert((one, id)) && taken.insert((other, id)));
        channels && self.list.iter().all(Vm::is_right)
    }

    fn write(&self, path: &Path) -> anyhow::Result<()> {
        let mut text = String::from("<system>\n");
        let mut maps = String::new();
        for n in 0..self.list.len() {
            let at = 0x210_0000 + n * 0x2000;
            for (ring, vaddr) in [("tx", at), ("rx", at + 0x1000)] {
                text += &format!("    <memory_region name=\"{ring}{n}\" size=\"0x1000\" />\n");
                maps += &format!(
                    "        <map mr=\"{ring}{n}\" vaddr=\"{vaddr:#x}\" perms=\"rw\" setvar_vaddr=\"client_{ring}_vaddr_{n}\" />\n"
                );
            }
        }
        text += &DRIVER.replace("MAPS", maps.trim_end());
        for (n, vm) in self.list.iter().enumerate() {
            text += &vm.description(n);
            std::fs::write(path.with_file_name(format!("vm{n}.vmmcfg")), vm.configuration(n))?;
        }
        for (one, other, id) in &self.channels {
            text += &format!(
                "\n    <channel><end pd=\"vmm{one}\" id=\"{id}\" /><end pd=\"vmm{other}\" id=\"{id}\" /></channel>"
            );
        }
        Ok(std::fs::write(path, text + "\n</system>\n")?)
    }

    /// All guests have checked what they can, whichever of them comes first.
    fn start(&self, path: &Path) -> anyhow::Result<()> {
        let built = machine::build(&Request::new(path))?;
        let script =
            self.list.iter().fold(Script::new(), |script, _| script.expect(r"GUEST workout: \d+ passed, 0 failed"));
        let run =
            Watch::script(script, Duration::from_secs(120)).run(machine::qemu(&built.board)?.command(&built.path))?;
        run.expect_seen()?;
        let is_warning = |line: &&str| line.contains("MON|WARN");
        run.output.lines().find(is_warning).map_or(Ok(()), |line| Err(anyhow::anyhow!("{line}")))
    }
}

/// The driver of the serial line, and devices.
const DRIVER: &str = r#"    <memory_region name="uart" size="0x1000" phys_addr="0x9000000" />
    <memory_region name="gicv" size="0x2000" phys_addr="0x8040000" />
    <protection_domain name="serial" priority="254" budget="900" period="1000">
        <program_image path="serial.elf" />
        <map mr="uart" vaddr="0x2_000_000" perms="rw" cached="false" setvar_vaddr="uart_vaddr" />
MAPS
        <irq irq="33" id="61" trigger="level" />
    </protection_domain>"#;
