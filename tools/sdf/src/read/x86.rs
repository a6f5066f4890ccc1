// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the format has for x86-64 only: known, and refused by name.

use super::super::element::Element;

pub(super) const ELEMENTS: [&str; 3] = ["ioport", "io_address_space", "iomap"];
pub(super) const IRQ_ATTRIBUTES: [&str; 6] = ["pin", "vector", "ioapic", "polarity", "pcidev", "handle"];

const HELP: &str = "this board is AArch64";

/// Reports an element that only x86-64 has.
pub(super) fn refuse_element(element: &Element<'_, '_>) {
    let what = format!("Element '{}' is x86-64 only", element.name());
    element.cx().report(element.cx().error(element.span(), what).help(HELP));
}

/// Reports the attributes that only x86-64's interrupts have; true if there were any.
pub(super) fn refuse_irq_attributes(irq: &Element<'_, '_>) -> bool {
    let used = IRQ_ATTRIBUTES.iter().filter(|name| irq.has(name));
    used.map(|name| {
        let error = irq.error(irq.attribute_span(name), format!("Attribute '{name}' is x86-64 only"));
        irq.cx().report(error.help("on Arm an interrupt is given by 'irq', its number, and 'trigger'"));
    })
    .count()
        > 0
}
