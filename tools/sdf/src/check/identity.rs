// SPDX-License-Identifier: MIT OR Apache-2.0
//! Names, ids and interrupts that must not be used twice.

use std::collections::HashMap;
use std::hash::Hash;

use super::super::context::Context;
use super::super::model::{PdIndex, ProtectionDomain, System};
use lazaret_diagnostic::Span;

pub(super) fn check(system: &System, cx: &Context<'_>) {
    let mut names = Seen::new(cx);
    let mut machines = Seen::new(cx);
    let mut irqs = Seen::new(cx);
    for (index, pd) in system.pds() {
        if !pd.name.is_empty() {
            let what = || format!("Duplicate protection domain name '{}'", pd.name);
            names.insert(pd.name.as_str(), pd.span, "protection_domain", what);
        }
        if let Some(vm) = pd.virtual_machine.as_ref().filter(|vm| !vm.name.is_empty()) {
            let what = || format!("Duplicate virtual machine name '{}'", vm.name);
            machines.insert(vm.name.as_str(), vm.span, "virtual_machine", what);
        }
        for irq in &pd.irqs {
            let what = || format!("Duplicate irq {} in protection domain '{}'", irq.number, pd.name);
            irqs.insert(irq.number, irq.span, "irq", what);
        }
        channel_ids(system, index, pd, cx);
        child_ids(system, index, pd, cx);
    }
}

/// Channels and interrupts share one space of ids.
fn channel_ids(system: &System, index: PdIndex, pd: &ProtectionDomain, cx: &Context<'_>) {
    let mut ids = Seen::new(cx);
    let irqs = pd.irqs.iter().map(|irq| (irq.id, irq.span, "irq"));
    // Of a channel to itself, which is an error anyway, each end is met twice.
    let channels = system.ends(index).filter(|(_, other)| other.pd != index);
    let ends = channels.map(|(own, _)| (own.id, own.span, "end"));
    let mut all: Vec<_> = irqs.chain(ends).collect();
    all.sort_by_key(|(_, span, _)| *span);
    for (id, span, element) in all {
        ids.insert(id, span, element, || format!("Duplicate channel id {id} in protection domain '{}'", pd.name));
    }
}

/// Children and vCPUs share another.
fn child_ids(system: &System, index: PdIndex, pd: &ProtectionDomain, cx: &Context<'_>) {
    let mut ids = Seen::new(cx);
    let children =
        system.children(index).filter_map(|(_, child)| Some((child.parent?.id, child.span, "protection_domain")));
    let vcpus = pd.virtual_machine.iter().flat_map(|vm| &vm.vcpus).map(|vcpu| (vcpu.id, vcpu.span, "vcpu"));
    let mut all: Vec<_> = children.chain(vcpus).collect();
    all.sort_by_key(|(_, span, _)| *span);
    for (id, span, element) in all {
        let what = || format!("Duplicate id {id} among the children and vCPUs of protection domain '{}'", pd.name);
        ids.insert(id, span, element, what);
    }
}

/// What was seen where.
struct Seen<'a, K> {
    cx: &'a Context<'a>,
    first: HashMap<K, Span>,
}

impl<'a, K: Hash + Eq> Seen<'a, K> {
    fn new(cx: &'a Context<'a>) -> Self {
        Seen { cx, first: HashMap::new() }
    }

    fn insert(&mut self, key: K, span: Span, element: &str, what: impl FnOnce() -> String) {
        match self.first.get(&key) {
            Some(first) => self.cx.report(self.cx.error(span, what()).on(element).also(*first, "used here first")),
            None => {
                self.first.insert(key, span);
            }
        }
    }
}
