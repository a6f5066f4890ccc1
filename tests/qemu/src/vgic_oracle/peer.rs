// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a program runs, and what the guest tells of it.

use std::time::Duration;

use anyhow::Context;
use interrupt_programs::observation::Observation;
use interrupt_programs::program::{KEEP_ALL, Keep};
use lazaret_bench::subject::{Job, Peer};
use lazaret_bench::{Bench, Subject};
use lazaret_machine::{Qemu, Script, Watch};
use lazaret_programs::workspace::Workspace;

/// An interrupt controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// QEMU's own, and no hypervisor.
    Qemu,
    /// KVM's.
    Kvm,
    /// Ours.
    Lazaret,
}

/// A program of a seed by its number, or a part of it.
pub type Pick = (u32, Keep);

/// The guest's last line.
const END: &str = r"GUEST interrupts: \d+ passed, \d+ failed";
/// Without KVM or Lazaret the machine has no EL2. GIC-400, which the virtual ones are like, has 32 priorities.
const PLAIN_MACHINE: &str = "virt,gic-version=2";
const PRIORITY_BITS: [&str; 2] = ["-global", "arm_gic.num-priority-bits=5"];
/// How long a boot may take: a bound for one that hangs, no verdict.
const TIMEOUT: Duration = Duration::from_secs(3000);
/// Characters of one boot's picks: they have to fit in a device tree.
const PICKS: usize = 1500;

impl Place {
    /// A hash of what each program observes.
    pub fn hashes(self, seed: u64, first: u32, count: u32) -> anyhow::Result<Vec<u32>> {
        let output = self.run(&format!("mode=interrupts seed={seed} first={first} count={count}"))?;
        let mut hashes = Vec::new();
        for line in output.lines() {
            let Some((_, line)) = line.split_once("HASHES ") else { continue };
            let mut numbers = line.split_ascii_whitespace().map(|text| u32::from_str_radix(text, 16));
            let index = numbers.next().context("HASHES without a number")?;
            let index = index.with_context(|| format!("{self:?}: {line}"))?;
            anyhow::ensure!(
                index as usize == first as usize + hashes.len(),
                "{self:?}: programs before {index} are missing"
            );
            let read = numbers.try_for_each(|hash| hash.map(|hash| hashes.push(hash)));
            read.with_context(|| format!("{self:?}: {line}"))?;
        }
        anyhow::ensure!(hashes.len() == count as usize, "{self:?}: {} hashes instead of {count}", hashes.len());
        Ok(hashes)
    }

    /// All that each of these observes.
    pub fn observations(self, seed: u64, picks: &[Pick]) -> anyhow::Result<Vec<Vec<Observation>>> {
        let longest = picks.iter().map(|&pick| as_text(pick).len() + 1).max().unwrap_or(1);
        let parts = picks.chunks(PICKS / longest).map(|part| self.some_observations(seed, part));
        Ok(parts.collect::<anyhow::Result<Vec<_>>>()?.concat())
    }

    fn some_observations(self, seed: u64, picks: &[Pick]) -> anyhow::Result<Vec<Vec<Observation>>> {
        let text: Vec<_> = picks.iter().map(|&pick| as_text(pick)).collect();
        let output = self.run(&format!("mode=interrupts seed={seed} picks={}", text.join(",")))?;
        let mut all = vec![Vec::new(); picks.len()];
        let mut ended = 0;
        for line in output.lines() {
            let Some((_, line)) = line.split_once("SEEN ") else { continue };
            let is_wrong = || format!("{self:?}: SEEN {line}");
            let (number, seen) = line.split_once(' ').with_context(is_wrong)?;
            let number = usize::from_str_radix(number, 16).with_context(is_wrong)?;
            let place = all.get_mut(number).with_context(is_wrong)?;
            match seen.trim_end() {
                "all" => ended += 1,
                seen => {
                    let parsed = seen.split(' ').map(Observation::parse).collect::<Option<Vec<_>>>();
                    place.extend(parsed.with_context(is_wrong)?);
                }
            }
        }
        anyhow::ensure!(ended == picks.len(), "{self:?}: {ended} programs instead of {}", picks.len());
        Ok(all)
    }

    fn run(self, arguments: &str) -> anyhow::Result<String> {
        let workspace = Workspace::find();
        let bench = Bench {
            workspace: &workspace,
            cpu: "cortex-a57".into(),
            kernels: vec![],
            kvm_kernel: None,
            linux: false,
            timeout: TIMEOUT,
        };
        let job = Job::new(arguments, END);
        let run = match self {
            Self::Qemu => plain(&bench, job)?,
            Self::Kvm => bench.run(Subject::Peer(Peer::Kvm), job)?,
            Self::Lazaret => bench.run(Subject::Lazaret, job)?,
        };
        let failed = run.output.lines().find(|line| line.contains("FAIL "));
        failed.map_or(Ok(run.output.clone()), |line| Err(anyhow::anyhow!("{self:?}: {line}")))
    }
}

fn as_text((index, keep): Pick) -> String {
    if keep == KEEP_ALL { format!("{index:x}") } else { format!("{index:x}:{keep:x}") }
}

fn plain(bench: &Bench<'_>, job: Job<'_>) -> anyhow::Result<lazaret_machine::Run> {
    let image = bench.folder()?.join("interrupt-programs.img");
    std::fs::write(&image, bench.guest(job)?).with_context(|| image.display().to_string())?;
    let mut qemu = Qemu { machine: PLAIN_MACHINE.into(), ..bench.qemu()? };
    qemu.more.extend(PRIORITY_BITS.map(Into::into));
    qemu.more.extend(["-append".into(), job.bootargs.into()]);
    let run = Watch::script(Script::new().expect(job.until), TIMEOUT).run(qemu.command(&image))?;
    run.expect_seen()?;
    Ok(run)
}
