// SPDX-License-Identifier: MIT OR Apache-2.0
//! `system`: memory regions first, then protection domains, then what names them.

use super::super::element::Element;
use super::super::limits::MAX_PROTECTION_DOMAINS;
use super::super::model::{Domains, MemoryRegion, System};
use super::map::Regions;
use super::protection_domain::Reader;
use super::{channel, cspace, domains, memory_region, x86};

const CHILDREN: [&str; 4] = ["protection_domain", "memory_region", "channel", "domains"];

/// The system, and for each memory region whether its page size was asked for.
pub(in super::super) fn read(root: &Element<'_, '_>) -> (System, Vec<bool>) {
    root.allow_attributes(&[]);
    for child in root.children() {
        check_child(root, &child);
    }
    let (memory_regions, page_size_given) = read_regions(root);
    let domains = read_domains(root);
    let regions = Regions::new(&memory_regions);
    let mut reader =
        Reader { regions: &regions, domains: domains.as_ref(), pds: Vec::new(), cspaces: Vec::new(), count: 0 };
    for child in named(root, "protection_domain") {
        reader.read(&child, None);
    }
    let Reader { mut pds, cspaces, count, .. } = reader;
    let mut channels = Vec::new();
    // Of too many, not all are known, and names that seem unknown would only confuse.
    if count <= MAX_PROTECTION_DOMAINS {
        channels.extend(named(root, "channel").filter_map(|child| channel::read(&child, &mut pds)));
        for (index, element) in cspaces {
            pds[index.0].shared_caps = cspace::read(&element, &pds);
        }
    }
    if count == 0 {
        root.report(root.span(), "At least one 'protection_domain' must be defined");
    }
    let source = root.cx().source.clone();
    let stand_ins = Vec::new();
    (System { source, protection_domains: pds, memory_regions, channels, domains, stand_ins }, page_size_given)
}

fn named<'a, 'i>(root: &Element<'a, 'i>, name: &str) -> impl Iterator<Item = Element<'a, 'i>> {
    root.children().filter(move |child| child.name() == name)
}

fn check_child(root: &Element<'_, '_>, child: &Element<'_, '_>) {
    match child.name() {
        name if CHILDREN.contains(&name) => {}
        name if x86::ELEMENTS.contains(&name) => x86::refuse_element(child),
        "virtual_machine" => {
            let what = "Element 'virtual_machine' must be in a 'protection_domain'";
            let help = "that protection domain is the machine's monitor and takes its faults";
            child.cx().report(child.cx().error(child.span(), what).help(help));
        }
        _ => root.unknown_child(child, &CHILDREN),
    }
}

fn read_regions(root: &Element<'_, '_>) -> (Vec<MemoryRegion>, Vec<bool>) {
    let mut regions: Vec<MemoryRegion> = Vec::new();
    let mut page_size_given = Vec::new();
    for child in named(root, "memory_region") {
        let (region, given) = memory_region::read(&child);
        let first = regions.iter().find(|other| !region.name.is_empty() && other.name == region.name);
        if let Some(first) = first {
            let what = format!("Duplicate memory region name '{}'", region.name);
            child.cx().report(child.error(child.attribute_span("name"), what).also(first.span, "the first"));
        }
        regions.push(region);
        page_size_given.push(given);
    }
    (regions, page_size_given)
}

fn read_domains(root: &Element<'_, '_>) -> Option<Domains> {
    let mut found = named(root, "domains");
    let first = found.next()?;
    for second in found {
        let error = second.error(second.span(), "domains must be given only once");
        second.cx().report(error.also(first.span(), "the first"));
    }
    // Microkit reads from top to bottom and would not know the names yet.
    if let Some(pd) = named(root, "protection_domain").next().filter(|pd| pd.span() < first.span()) {
        let error = first.error(first.span(), "domains must come before the protection domains");
        first.cx().report(error.also(pd.span(), "the first protection domain"));
    }
    Some(domains::read(&first))
}
