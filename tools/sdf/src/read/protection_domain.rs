// SPDX-License-Identifier: MIT OR Apache-2.0
//! `protection_domain`: its attributes, its children, and theirs.

use super::super::element::Element;
use super::super::limits::{
    DEFAULT_STACK, MAX_NAME, MAX_PROTECTION_DOMAINS, MAX_STACK, MIN_STACK, PAGE, RESERVED_NAME,
};
use super::super::model::{Domains, ParentLink, PdIndex, ProtectionDomain, SetVar, SetVarValue};
use super::map::{self, Regions};
use super::{domains, irq, program_image, scheduling, setvar, virtual_machine, x86};
use lazaret_diagnostic::Span;

const ATTRIBUTES: [&str; 10] =
    ["name", "priority", "budget", "period", "passive", "stack_size", "cpu", "smc", "fpu", "domain"];
const CHILDREN: [&str; 7] = ["program_image", "map", "irq", "setvar", "protection_domain", "virtual_machine", "cspace"];

/// Reads the tree of protection domains into a list, a parent before its children.
pub(super) struct Reader<'a, 'i> {
    pub regions: &'a Regions<'a>,
    pub domains: Option<&'a Domains>,
    pub pds: Vec<ProtectionDomain>,
    /// To be read once every protection domain has its place.
    pub cspaces: Vec<(PdIndex, Element<'a, 'i>)>,
    /// How many there are, also beyond the limit.
    pub count: usize,
}

impl<'a, 'i> Reader<'a, 'i> {
    /// `parent`: the protection domain that this one is written in.
    pub fn read(&mut self, element: &Element<'a, 'i>, parent: Option<PdIndex>) {
        self.count += 1;
        if self.count > MAX_PROTECTION_DOMAINS {
            if self.count == MAX_PROTECTION_DOMAINS + 1 {
                let error = element.error(element.span(), "Too many protection domains");
                element.cx().report(error.help(format!("a system has at most {MAX_PROTECTION_DOMAINS}")));
            }
            return;
        }
        let index = PdIndex(self.pds.len());
        let pd = self.attributes(element, parent);
        self.pds.push(pd);
        let mut count = Count::default();
        for child in element.children() {
            self.child(element, &child, index, &mut count);
        }
        if count.images.is_none() {
            element.report(element.span(), "Missing required element 'program_image'");
        }
    }

    fn attributes(&mut self, element: &Element<'a, 'i>, parent: Option<PdIndex>) -> ProtectionDomain {
        match parent {
            Some(_) => element.allow_attributes(&[&ATTRIBUTES[..], &["id", "setvar_id"]].concat()),
            None => element.allow_attributes(&ATTRIBUTES),
        }
        ProtectionDomain {
            name: self.name(element),
            parent: parent.and_then(|parent| self.link(element, parent)),
            scheduling: scheduling::read(element),
            passive: element.boolean("passive", false),
            stack_size: stack_size(element),
            cpu: scheduling::cpu(element).unwrap_or(0),
            smc: smc(element),
            fpu: element.boolean("fpu", true),
            domain: self.domain(element),
            program: program_image::none(element.span()),
            maps: Vec::new(),
            irqs: Vec::new(),
            setvars: Vec::new(),
            shared_caps: Vec::new(),
            virtual_machine: None,
            span: element.span(),
        }
    }

    fn child(&mut self, element: &Element<'a, 'i>, child: &Element<'a, 'i>, index: PdIndex, count: &mut Count) {
        let pd = &mut self.pds[index.0];
        match child.name() {
            "program_image" if once(element, child, &mut count.images) => pd.program = program_image::read(child),
            "virtual_machine" if once(element, child, &mut count.machines) => {
                pd.virtual_machine = Some(virtual_machine::read(child, self.regions, &mut pd.setvars, pd.cpu));
            }
            "cspace" if once(element, child, &mut count.cspaces) => self.cspaces.push((index, *child)),
            "program_image" | "virtual_machine" | "cspace" => {}
            "map" => pd.maps.extend(map::read(child, self.regions, &mut pd.setvars)),
            "irq" => pd.irqs.extend(irq::read(child, &mut pd.setvars)),
            "setvar" => setvar::read(&mut pd.setvars, child, self.regions),
            "protection_domain" => self.read(child, Some(index)),
            name if x86::ELEMENTS.contains(&name) => x86::refuse_element(child),
            _ => element.unknown_child(child, &CHILDREN),
        }
    }

    fn name(&self, element: &Element<'_, '_>) -> String {
        let Some(name) = element.required_name("name") else { return String::new() };
        if name.value == RESERVED_NAME {
            let error = element.error(name.span, format!("The name '{RESERVED_NAME}' is reserved"));
            element.cx().report(error.help("it is the fault monitor's"));
        }
        if name.value.len() > MAX_NAME {
            element.report(name.span, format!("name is longer than {MAX_NAME} bytes"));
        }
        name.value.into()
    }

    fn link(&mut self, element: &Element<'_, '_>, parent: PdIndex) -> Option<ParentLink> {
        let id = irq::id(element);
        let setvars: &mut Vec<SetVar> = &mut self.pds[parent.0].setvars;
        setvar::attribute(setvars, element, "setvar_id", id.map(|id| SetVarValue::Id(id.value)));
        Some(ParentLink { pd: parent, id: id?.value as u8 })
    }

    fn domain(&self, element: &Element<'_, '_>) -> Option<u8> {
        match self.domains {
            Some(domains) => domains::find(element, element.required("domain")?.value, &domains.names),
            None => {
                if let Some(name) = element.text("domain") {
                    let error = element.error(name.span, format!("Unknown domain '{}'", name.value));
                    element.cx().report(error.help("the description has no 'domains' element before this one"));
                }
                None
            }
        }
    }
}

/// Where the elements that may come once were seen.
#[derive(Default)]
struct Count {
    images: Option<Span>,
    machines: Option<Span>,
    cspaces: Option<Span>,
}

fn once(element: &Element<'_, '_>, child: &Element<'_, '_>, seen: &mut Option<Span>) -> bool {
    if let Some(first) = *seen {
        let error = element.error(child.span(), format!("{} must be given only once", child.name()));
        element.cx().report(error.also(first, "the first"));
        return false;
    }
    *seen = Some(child.span());
    true
}

fn stack_size(element: &Element<'_, '_>) -> u64 {
    let Some(found) = element.number("stack_size") else { return DEFAULT_STACK };
    if !(MIN_STACK..=MAX_STACK).contains(&found.value) {
        let what = format!("stack_size must be between {MIN_STACK:#x} and {MAX_STACK:#x}, not {:#x}", found.value);
        element.report(found.span, what);
        return DEFAULT_STACK;
    }
    if !found.value.is_multiple_of(PAGE) {
        element.report(found.span, format!("stack_size is not a multiple of the page size, {PAGE:#x}"));
        return DEFAULT_STACK;
    }
    found.value
}

fn smc(element: &Element<'_, '_>) -> bool {
    let smc = element.boolean("smc", false);
    if smc && !element.cx().board.smc {
        let error = element.error(element.attribute_span("smc"), "smc is not available");
        element.cx().report(error.help("the kernel of this board does not let user level make SMC calls"));
    }
    smc
}
