// SPDX-License-Identifier: MIT OR Apache-2.0
//! Systems of many VMs, which are all busy: what a switch costs by their number, and by switches a second.

use std::fmt::Write;

use anyhow::Context;

use super::Bench;
use super::growth::Curves;
use super::switch;
use lazaret_build::{Request, system};
use lazaret_machine::interrupt::interrupted;
use lazaret_machine::{Script, Watch};
use lazaret_programs::Config;

/// As many as the serial driver has clients.
const NUMBERS: [usize; 4] = [2, 4, 8, 16];
/// Microseconds that each has the core.
const SLICE: u64 = 5000;
const SLICES: [u64; 7] = [100, 200, 500, 1000, 2000, 5000, 10_000];
const LAST: &str = r"GUEST switch: \d+ passed";

/// Both curves: instructions a switch.
pub fn curves(bench: &Bench<'_>) -> anyhow::Result<Curves> {
    let mut curves = Curves::new();
    for number in NUMBERS {
        if interrupted() {
            return Ok(curves);
        }
        let cost = cost(bench, number, SLICE).with_context(|| format!("{number} VMs were not measured"))?;
        curves.entry("switch_by_vms".into()).or_default().push((number as u64, cost));
    }
    for slice in SLICES.into_iter().rev() {
        if interrupted() {
            return Ok(curves);
        }
        let cost = cost(bench, 2, slice).with_context(|| format!("slices of {slice} us were not measured"))?;
        curves.entry("switch_by_switches_per_second".into()).or_default().push((1_000_000 / slice, cost));
    }
    Ok(curves)
}

/// The median of all switches between so many VMs that get such slices.
fn cost(bench: &Bench<'_>, number: usize, slice: u64) -> anyhow::Result<u64> {
    let folder = bench.folder()?;
    for vm in 0..number {
        // A tick is a nanosecond; nearly a slice is a slice.
        let arguments = format!("mode=switch id={vm} pattern=0 shortest={}", slice * 800);
        let config = format!("name = vm{vm}\nguest = bare64\nram_size = 0x400_000\nbootargs = {arguments}\n");
        std::fs::write(folder.join(format!("vm{vm}.vmmcfg")), config)?;
    }
    let description = folder.join("many.system");
    std::fs::write(&description, text(number, slice))?;
    let request = Request { config: Config::Release, search_path: vec![folder], ..Request::new(description) };
    let built = system::build(bench.workspace, &request)?;
    let script = (0..number).fold(Script::new(), |script, _| script.expect(LAST));
    let run = Watch::script(script, bench.timeout).run(bench.qemu()?.command(&built.path))?;
    run.expect_seen()?;
    median(&run.output)
}

fn median(output: &str) -> anyhow::Result<u64> {
    let mut costs = switch::costs(output);
    costs.sort_unstable();
    anyhow::ensure!(!costs.is_empty(), "no switch was seen from both sides");
    Ok(costs[costs.len() / 2])
}

/// The description.
fn text(number: usize, slice: u64) -> String {
    let mut out = String::from("<system>\n");
    // Writing to a string does not fail.
    let _ = write(&mut out, number, slice);
    out
}

fn write(out: &mut String, number: usize, slice: u64) -> std::fmt::Result {
    for (region, rest) in [
        ("uart", r#"size="0x1000" phys_addr="0x9000000""#),
        ("gicv", r#"size="0x2000" phys_addr="0x8040000""#),
        ("kernel", r#"prefill_path="bare.img""#),
    ] {
        writeln!(out, r#"<memory_region name="{region}" {rest} />"#)?;
    }
    for vm in 0..number {
        writeln!(out, r#"<memory_region name="ram{vm}" size="0x400_000" page_size="0x200_000" />"#)?;
        writeln!(out, r#"<memory_region name="cfg{vm}" prefill_path="vm{vm}.vmmcfg" />"#)?;
        writeln!(out, r#"<memory_region name="tx{vm}" size="0x1000" /><memory_region name="rx{vm}" size="0x1000" />"#)?;
    }
    serial(out, number)?;
    (0..number).try_for_each(|vm| self::vm(out, vm, slice))?;
    for vm in 0..number {
        writeln!(out, r#"<channel><end pd="serial" id="{vm}" /><end pd="vmm{vm}" id="0" /></channel>"#)?;
    }
    writeln!(out, "</system>")
}

fn serial(out: &mut String, number: usize) -> std::fmt::Result {
    writeln!(
        out,
        r#"<protection_domain name="serial" priority="200" budget="900" period="1000"><program_image path="serial.elf" />"#
    )?;
    writeln!(out, r#"<map mr="uart" vaddr="0x2_000_000" perms="rw" cached="false" setvar_vaddr="uart_vaddr" />"#)?;
    for vm in 0..number {
        for (ring, offset) in [("tx", 0), ("rx", 0x1000)] {
            let address = 0x210_0000 + 0x2000 * vm + offset;
            let variable = format!("client_{ring}_vaddr_{vm}");
            writeln!(out, r#"<map mr="{ring}{vm}" vaddr="{address:#x}" perms="rw" setvar_vaddr="{variable}" />"#)?;
        }
    }
    writeln!(out, r#"<irq irq="33" id="{number}" trigger="level" /></protection_domain>"#)
}

fn vm(out: &mut String, vm: usize, slice: u64) -> std::fmt::Result {
    writeln!(
        out,
        r#"<protection_domain name="vmm{vm}" priority="254" passive="true" budget="900" period="1000" stack_size="0x10_000">
<program_image path="vmm.elf" />
<map mr="ram{vm}" vaddr="0x40_000_000" perms="rw" setvar_vaddr="guest_ram_vaddr" setvar_size="guest_ram_size" />
<map mr="cfg{vm}" vaddr="0x2_000_000" perms="r" setvar_vaddr="vmmcfg_vaddr" setvar_prefill_size="vmmcfg_size" />
<map mr="kernel" vaddr="0x80_000_000" perms="r" setvar_vaddr="kernel_vaddr" setvar_prefill_size="kernel_size" />
<map mr="tx{vm}" vaddr="0x2_100_000" perms="rw" setvar_vaddr="serial_tx_vaddr" />
<map mr="rx{vm}" vaddr="0x2_101_000" perms="rw" setvar_vaddr="serial_rx_vaddr" />
<virtual_machine name="vm{vm}" priority="100" budget="{slice}" period="{slice}">
<vcpu id="0" />
<map mr="ram{vm}" vaddr="0x40_000_000" perms="rwx" />
<map mr="gicv" vaddr="0x8_010_000" perms="rw" cached="false" />
</virtual_machine></protection_domain>"#
    )
}
