// SPDX-License-Identifier: MIT OR Apache-2.0
//! The report for people.

use std::fmt::{self, Display, Write};

use super::memory::{ComponentMemory, Memory};
use super::{capabilities, memory, microkit};
use lazaret_build::{Built, Request};
use lazaret_programs::sha256;

/// For people.
pub fn text(built: &Built, request: &Request, qemu: &str) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, built, request, qemu);
    out
}

fn write(out: &mut String, built: &Built, request: &Request, qemu: &str) -> fmt::Result {
    writeln!(out, "# {}\n", request.system.display())?;
    row(out, "lazaret", env!("CARGO_PKG_VERSION"))?;
    row(out, "board", format_args!("{} ({})", built.board.name, built.board.config))?;
    built.kernel.iter().try_for_each(|kernel| row(out, "kernel", kernel))?;
    row(out, "compiler", &built.compiler)?;
    row(out, "image SHA-256", sha256(&built.image.bytes))?;
    row(out, "QEMU", qemu)?;
    row(out, "Microkit", microkit(built, request))?;
    built.stand_ins.iter().try_for_each(|moved| row(out, "device", moved))?;
    writeln!(out, "\n# Sizes\n")?;
    built.sizes.iter().try_for_each(|size| writeln!(out, "{}", size.line()))?;
    write_programs(out, built)?;
    writeln!(out, "\n# Files of the description, as packed\n")?;
    for input in &built.inputs {
        writeln!(out, "{input}")?;
        row(out, "", format_args!("SHA-256 {}", input.sha256))?;
    }
    writeln!(out, "\n# Guests\n")?;
    for origin in &built.origins {
        row(out, &origin.file, &origin.from)?;
        row(out, "", format_args!("SHA-256 {}", origin.sha256))?;
    }
    write_memory(out, built, &memory::of(&built.plan, &built.board.memory))?;
    writeln!(out, "\n# Capabilities\n")?;
    capabilities(&built.plan).iter().try_for_each(|line| writeln!(out, "{line}"))
}

fn row(out: &mut String, name: &str, value: impl Display) -> fmt::Result {
    writeln!(out, "{name:<28}{value}")
}

fn write_programs(out: &mut String, built: &Built) -> fmt::Result {
    writeln!(out, "\n# Programs, bytes of each section in memory\n")?;
    for program in &built.programs {
        row(out, &program.name, format_args!("{} in all, SHA-256 {}", program.memory(), program.sha256))?;
        let sections: Vec<_> = program.sections.iter().map(|(name, size)| format!("{name} {size}")).collect();
        row(out, "", sections.join(", "))?;
    }
    Ok(())
}

fn write_memory(out: &mut String, built: &Built, memory: &Memory) -> fmt::Result {
    writeln!(out, "\n# Memory by component, KiB (devices are not memory; shared regions are below)\n")?;
    let titles = ["program", "stack", "regions", "tables", "objects", "own sum", "shared", "devices"];
    write!(out, "{:<28}", "")?;
    titles.iter().try_for_each(|title| write!(out, "{title:>9}"))?;
    writeln!(out)?;
    memory.components.iter().try_for_each(|component| write_component(out, component))?;
    let own: u64 = memory.components.iter().map(ComponentMemory::own).sum();
    row(out, "\nall components", kib(own))?;
    row(out, "shared regions, once", kib(memory.shared))?;
    row(out, "kernel", kib(built.image.kernel_size))?;
    row(out, "root task", kib(built.image.root_task_size))?;
    row(out, "board", kib(built.board.memory_size()))?;
    writeln!(out, "\n# Objects\n")?;
    for (kind, (count, bytes)) in &memory.kinds {
        writeln!(out, "{kind:<28}{count:>8} {bytes:>12} bytes")?;
    }
    Ok(())
}

fn write_component(out: &mut String, c: &ComponentMemory) -> fmt::Result {
    let kind = if c.machine { "machine" } else { "domain" };
    write!(out, "{:<28}", format!("{kind} {}", c.name))?;
    let columns = [c.program, c.stack, c.own_regions, c.tables, c.objects, c.own(), c.shared_regions, c.devices];
    columns.iter().try_for_each(|bytes| write!(out, "{:>9}", bytes.div_ceil(1024)))?;
    writeln!(out)
}

fn kib(bytes: u64) -> String {
    format!("{} KiB", bytes.div_ceil(1024))
}
