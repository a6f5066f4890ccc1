// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a Linux boot costs: Debian's kernel to its first program, in a VM of ours and in QEMU with nothing below it.
//! The measure is Linux's own clock, which counts everybody's instructions.

use std::sync::LazyLock;

use anyhow::Context;
use regex::Regex;
use vmm::config::Config;

use super::measured::Row;
use super::subject::Job;
use super::{Bench, unit};
use lazaret_build::{Request, system};
use lazaret_guests::{INITRD, LINUX};

/// What the VM is like; the machine without a hypervisor gets the same.
const CONFIG: &str = "linux.vmmcfg";
/// The line to which it is measured.
const JOB: Job<'_> = Job::new("", "Run /init as init process");

static STAMP: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\[ *(\d+)\.(\d{6})\] Run /init").unwrap_or_else(|error| panic!("{error}")));

/// The rows: instructions in a VM, and how many times those without a hypervisor.
pub fn rows(bench: &Bench<'_>) -> anyhow::Result<Vec<Row>> {
    let request =
        Request { config: lazaret_programs::Config::Release, ..Request::new(bench.workspace.test_system("linux")) };
    let built = system::build(bench.workspace, &request)?;
    let context = "a Linux boot was not measured";
    let ours = instructions(&bench.watch(&bench.qemu()?, &built.path, JOB).context(context)?.output)?;
    let file = |name| built.files.find(name).with_context(|| format!("{name} is gone"));
    let text = std::fs::read(bench.workspace.guest_configurations().join(CONFIG)).context(CONFIG)?;
    let config = Config::parse(&text).map_err(|error| anyhow::anyhow!("{CONFIG}: {error}"))?;
    let ram_size = config.ram_size.with_context(|| format!("{CONFIG}: no ram_size"))?;
    let mut bare = bench.qemu()?;
    (bare.machine, bare.memory) = ("virt,gic-version=2".into(), format!("{ram_size}B"));
    let initrd = file(INITRD)?.display().to_string();
    bare.more.extend(["-initrd", &initrd, "-append", config.bootargs].map(String::from));
    let theirs = instructions(&bench.watch(&bare, &file(LINUX)?, JOB).context(context)?.output)?;
    let row = |op: &str, net| Row { op: op.into(), net, min: net, max: net };
    Ok(vec![row("linux_boot", ours), row("linux_boot_ratio", unit::ratio(ours, theirs))])
}

/// With a counter of 1 GHz a microsecond is a thousand of them.
fn instructions(output: &str) -> anyhow::Result<u64> {
    let stamp = STAMP.captures(output).context("Linux did not say when it started its first program")?;
    Ok((stamp[1].parse::<u64>()? * 1_000_000 + stamp[2].parse::<u64>()?) * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stamp_counts() {
        let line = "linux| [    1.308123] Run /init as init process\n";
        assert_eq!(instructions(line).unwrap(), 1_308_123_000);
        assert!(instructions("Run /init as init process").is_err());
    }
}
