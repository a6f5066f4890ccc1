// SPDX-License-Identifier: MIT OR Apache-2.0
//! `memory_region`.

use super::super::element::{Element, Found};
use super::super::limits::PAGE;
use super::super::model::{MemoryRegion, PageSize, PhysAddr, Prefill};

const ATTRIBUTES: [&str; 6] = ["name", "size", "page_size", "phys_addr", "prefill_path", "prefill_bootinfo"];

/// A region, and whether its page size was asked for; a size of 0 stands for one that could not be read.
pub(super) fn read(element: &Element<'_, '_>) -> (MemoryRegion, bool) {
    element.allow_only_attributes(&ATTRIBUTES);
    let name = element.required_name("name").map_or("", |found| found.value);
    let page_size = page_size(element);
    let prefill = prefill(element);
    let size = size(element, page_size.unwrap_or(PageSize::Small), prefill.as_ref());
    let phys = match element.number("phys_addr") {
        Some(address) => phys_addr(element, address, size, page_size.unwrap_or(PageSize::Small)),
        None => PhysAddr::Anywhere,
    };
    let region = MemoryRegion {
        name: name.into(),
        size,
        page_size: page_size.unwrap_or(PageSize::Small),
        phys,
        prefill,
        span: element.span(),
    };
    (region, element.has("page_size"))
}

fn page_size(element: &Element<'_, '_>) -> Option<PageSize> {
    let found = element.number("page_size")?;
    let page_size = PageSize::ALL.into_iter().find(|page| page.bytes() == found.value);
    if page_size.is_none() {
        let error = element.error(found.span, format!("page_size {:#x} is not supported", found.value));
        element.cx().report(error.help("pages have 0x1000 or 0x200000 bytes"));
    }
    page_size
}

fn size(element: &Element<'_, '_>, page: PageSize, prefill: Option<&Prefill>) -> u64 {
    let page = page.bytes();
    let Some(_) = element.text("size") else { return size_of_contents(element, page, prefill) };
    let Some(found) = element.number("size") else { return 0 };
    if found.value == 0 {
        element.report(found.span, "size must not be 0");
        return 0;
    }
    if !found.value.is_multiple_of(page) {
        let error = element.error(found.span, format!("size is not a multiple of the page size, {page:#x}"));
        let next = found.value.checked_next_multiple_of(page).unwrap_or(!(page - 1));
        element.cx().report(error.help(format!("the next multiple is {next:#x}")));
        return 0;
    }
    if let Some(Prefill::File { name, size, .. }) = prefill
        && *size > found.value
    {
        let what = format!("prefill file '{name}' ({size:#x} bytes) is larger than the region ({:#x})", found.value);
        let help = "leave 'size' out, and the region is as large as the file needs";
        element.cx().report(element.error(found.span, what).help(help));
    }
    found.value
}

fn size_of_contents(element: &Element<'_, '_>, page: u64, prefill: Option<&Prefill>) -> u64 {
    match prefill {
        Some(Prefill::File { size, .. }) => size.next_multiple_of(page),
        Some(Prefill::DeviceTree) => page,
        None if element.has("prefill_path") || element.has("prefill_bootinfo") => 0,
        None => {
            let error = element.error(element.span(), "Missing required attribute 'size'");
            element.cx().report(error.help("only a region with prefill_path or prefill_bootinfo can do without"));
            0
        }
    }
}

fn phys_addr(element: &Element<'_, '_>, address: Found<u64>, size: u64, page: PageSize) -> PhysAddr {
    if !address.value.is_multiple_of(page.bytes()) {
        let what = format!("phys_addr {:#x} is not aligned to the page size, {:#x}", address.value, page.bytes());
        element.report(address.span, what);
    } else if address.value.checked_add(size).is_none() {
        element.report(address.span, "phys_addr and size together exceed 64 bits");
    } else {
        return PhysAddr::At(address.value);
    }
    PhysAddr::Anywhere
}

fn prefill(element: &Element<'_, '_>) -> Option<Prefill> {
    let file = element.text("prefill_path");
    let bootinfo = element.text("prefill_bootinfo");
    if let (Some(file), Some(bootinfo)) = (file, bootinfo) {
        let error = element.error(bootinfo.span, "prefill_path and prefill_bootinfo exclude each other");
        element.cx().report(error.also(file.span, "the other"));
    }
    match (file, bootinfo) {
        (Some(file), _) => prefill_file(element, file),
        (None, Some(bootinfo)) => prefill_bootinfo(element, bootinfo),
        (None, None) => None,
    }
}

fn prefill_file(element: &Element<'_, '_>, name: Found<&str>) -> Option<Prefill> {
    let cx = element.cx();
    if cx.files.is_pending(name.value) {
        return Some(Prefill::File { name: name.value.into(), path: Default::default(), size: PAGE });
    }
    let Some(path) = cx.files.find(name.value) else {
        let error = element.error(name.span, format!("Prefill file '{}' not found", name.value));
        cx.report(error.help(format!("looked in: {}", cx.files.describe())));
        return None;
    };
    match std::fs::metadata(&path) {
        Ok(meta) if meta.len() > 0 => Some(Prefill::File { name: name.value.into(), path, size: meta.len() }),
        Ok(_) => {
            element.report(name.span, format!("Prefill file '{}' is empty", name.value));
            None
        }
        Err(why) => {
            element.report(name.span, format!("Prefill file '{}' cannot be read ({why})", name.value));
            None
        }
    }
}

fn prefill_bootinfo(element: &Element<'_, '_>, kind: Found<&str>) -> Option<Prefill> {
    match kind.value {
        "fdt" => return Some(Prefill::DeviceTree),
        "x86_vbe" | "x86_mbmmap" | "x86_acpi_rsdp" | "x86_framebuffer" | "x86_tsc_freq" => {
            let error = element.error(kind.span, format!("prefill_bootinfo '{}' is x86-64 only", kind.value));
            element.cx().report(error.help("on Arm there is 'fdt', the device tree"));
        }
        _ => {
            let error = element.error(kind.span, format!("prefill_bootinfo '{}' is not supported", kind.value));
            element.cx().report(error.help("there is 'fdt', the device tree"));
        }
    }
    None
}
