// SPDX-License-Identifier: MIT OR Apache-2.0
//! `virtual_machine` and its `vcpu`s.

use super::super::element::Element;
use super::super::model::{SetVar, SetVarValue, Vcpu, VirtualMachine};
use super::map::{self, Regions};
use super::{irq, scheduling, setvar};

/// `pd_cpu`: the core of the protection domain, which a vCPU shares unless it says otherwise.
pub(super) fn read(
    element: &Element<'_, '_>,
    regions: &Regions<'_>,
    setvars: &mut Vec<SetVar>,
    pd_cpu: u8,
) -> VirtualMachine {
    element.allow_attributes(&["name", "priority", "budget", "period"]);
    let name = element.required_name("name").map_or("", |found| found.value);
    let scheduling = scheduling::read(element);
    let mut vm =
        VirtualMachine { name: name.into(), scheduling, vcpus: Vec::new(), maps: Vec::new(), span: element.span() };
    let mut vcpu_count = 0;
    for child in element.children() {
        match child.name() {
            "vcpu" => {
                vcpu_count += 1;
                vm.vcpus.extend(vcpu(&child, setvars, pd_cpu));
            }
            "map" => vm.maps.extend(map::read_in_vm(&child, regions)),
            _ => element.unknown_child(&child, &["vcpu", "map"]),
        }
    }
    if vcpu_count == 0 {
        let error = element.error(element.span(), "Missing required element 'vcpu'");
        element.cx().report(error.help("a virtual machine has one or more: <vcpu id=\"0\" />"));
    }
    vm
}

fn vcpu(element: &Element<'_, '_>, setvars: &mut Vec<SetVar>, pd_cpu: u8) -> Option<Vcpu> {
    element.allow_only_attributes(&["id", "cpu", "setvar_id"]);
    let id = irq::id(element);
    setvar::attribute(setvars, element, "setvar_id", id.map(|id| SetVarValue::Id(id.value)));
    let cpu = scheduling::cpu(element).unwrap_or(pd_cpu);
    Some(Vcpu { id: id?.value as u8, cpu, span: id?.span })
}
