// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every symbol to be set is in the program, and is one word.

use super::super::context::Context;
use super::super::element::suggest_name;
use super::super::model::{PhysAddr, ProtectionDomain, SetVarValue, System};

pub(super) fn check(system: &mut System, cx: &Context<'_>) {
    for pd in &system.protection_domains {
        check_symbols(pd, cx);
    }
    // A program that is told where a region lies must find it in one piece.
    let told = system.protection_domains.iter().flat_map(|pd| &pd.setvars);
    for setvar in told {
        if let SetVarValue::RegionPaddr(region) = setvar.value {
            let region = &mut system.memory_regions[region.0];
            if region.phys == PhysAddr::Anywhere {
                region.phys = PhysAddr::Contiguous;
            }
        }
    }
}

fn check_symbols(pd: &ProtectionDomain, cx: &Context<'_>) {
    let Some(elf) = &pd.program.elf else { return };
    for setvar in &pd.setvars {
        let (what, help) = match elf.symbols.get(&setvar.symbol) {
            Some((_, 8)) => continue,
            Some((_, size)) => (
                format!("Symbol '{}' in program image '{}' has {size} bytes", setvar.symbol, pd.program.name),
                "a symbol that is set is a 64-bit variable".into(),
            ),
            None => {
                let words = elf.symbols.iter().filter(|(_, (_, size))| *size == 8).map(|(name, _)| name.as_str());
                let words: Vec<_> = words.collect();
                (
                    format!("No symbol '{}' in program image '{}'", setvar.symbol, pd.program.name),
                    suggest_name(&setvar.symbol, &words, "64-bit variable"),
                )
            }
        };
        cx.report(cx.error(setvar.span, what).also(pd.program.span, "the program image").help(help));
    }
}
