// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory by protection domain and virtual machine, from the plan.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;
use system_spec::Kind;

use lazaret_plan::{Frames, Object, ObjectId, Plan, Space, size_bits};

/// How the plan names a memory region in an address space.
const REGION: &str = "memory region";

/// Memory of a protection domain or a virtual machine, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ComponentMemory {
    pub name: String,
    /// A virtual machine rather than a protection domain.
    pub machine: bool,
    /// The program image.
    pub program: u64,
    /// Stack and IPC buffer.
    pub stack: u64,
    /// Memory regions that nobody else maps.
    pub own_regions: u64,
    /// Memory regions that others map as well.
    pub shared_regions: u64,
    /// Device registers, which are not memory.
    pub devices: u64,
    /// Page tables.
    pub tables: u64,
    /// Other kernel objects.
    pub objects: u64,
}

impl ComponentMemory {
    /// Memory that only this component uses.
    pub fn own(&self) -> u64 {
        self.program + self.stack + self.own_regions + self.tables + self.objects
    }
}

/// All of it.
#[derive(Debug, Clone, Serialize)]
pub struct Memory {
    /// Protection domains, then virtual machines, in the description's order.
    pub components: Vec<ComponentMemory>,
    /// Memory regions with more than one map, each counted once.
    pub shared: u64,
    /// Each kind of object: how many, and bytes.
    pub kinds: BTreeMap<String, (u64, u64)>,
}

/// Sums up a plan; frames outside of `ram` are devices. A machine that maps nothing is left out.
pub fn of(plan: &Plan, ram: &[Range<u64>]) -> Memory {
    let users = region_users(plan);
    let is_shared = |what: &str| users.get(what).is_some_and(|sizes| sizes.len() > 1);
    let mut components = Vec::new();
    for (space, tables) in &plan.spaces {
        let mut component = objects_of(plan, space, *tables, components.len());
        for (start, end, what) in space.ranges() {
            let bytes = end - start;
            match what {
                _ if is_device(plan, space, start, ram) => component.devices += bytes,
                _ if is_shared(what) => component.shared_regions += bytes,
                _ if what.starts_with(REGION) => component.own_regions += bytes,
                _ if what.contains("program") => component.program += bytes,
                _ => component.stack += bytes,
            }
        }
        components.push(component);
    }
    let shared = users.iter().filter(|(what, _)| is_shared(what) && !is_device_region(plan, what, ram));
    let shared = shared.filter_map(|(_, sizes)| sizes.iter().max()).sum();
    Memory { components, shared, kinds: kinds(plan) }
}

/// For each memory region, its bytes in each address space that maps it.
fn region_users(plan: &Plan) -> BTreeMap<&str, Vec<u64>> {
    let mut users: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (space, _) in &plan.spaces {
        let mut here: BTreeMap<&str, u64> = BTreeMap::new();
        for (start, end, what) in space.ranges().filter(|(_, _, what)| what.starts_with(REGION)) {
            *here.entry(what).or_default() += end - start;
        }
        here.into_iter().for_each(|(what, bytes)| users.entry(what).or_default().push(bytes));
    }
    users
}

fn is_device_region(plan: &Plan, region: &str, ram: &[Range<u64>]) -> bool {
    let ranges = |space: &Space| space.ranges().find(|(_, _, what)| *what == region).map(|(start, ..)| start);
    plan.spaces.iter().any(|(space, _)| ranges(space).is_some_and(|start| is_device(plan, space, start, ram)))
}

fn is_device(plan: &Plan, space: &Space, start: u64, ram: &[Range<u64>]) -> bool {
    let mapped = plan.mappings.iter().find(|mapped| mapped.vspace == space.vspace && mapped.vaddr == start);
    let paddr = mapped.and_then(|mapped| match mapped.frames {
        Frames::Object { run, .. } => plan.objects[run.0].paddr,
        Frames::Data { .. } => None,
    });
    paddr.is_some_and(|paddr| !ram.iter().any(|range| range.contains(&paddr)))
}

/// A component with its kernel objects; `index` is its place among the address spaces.
fn objects_of(plan: &Plan, space: &Space, tables: ObjectId, index: usize) -> ComponentMemory {
    let name = plan.objects[space.vspace.0].name.clone();
    let domains = plan.components.iter().filter(|component| !component.is_vcpu).count();
    let machine = index >= domains;
    let prefix = if machine { format!("{name}.vcpu") } else { format!("{name}.root") };
    let is_own = |object: &&Object| {
        let thread = [Kind::CNode, Kind::Tcb, Kind::Vcpu, Kind::SchedContext].contains(&object.kind);
        let other = [Kind::Notification, Kind::Endpoint, Kind::Reply].contains(&object.kind);
        let vcpu = thread && object.name.starts_with(&prefix);
        if machine { vcpu } else { vcpu || ((thread || other) && object.name == name) }
    };
    let objects = plan.objects.iter().filter(is_own).map(bytes).sum::<u64>() + bytes(&plan.objects[space.vspace.0]);
    let tables = bytes(&plan.objects[tables.0]);
    ComponentMemory { name, machine, tables, objects, ..ComponentMemory::default() }
}

fn kinds(plan: &Plan) -> BTreeMap<String, (u64, u64)> {
    let mut kinds: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for object in &plan.objects {
        let entry = kinds.entry(format!("{:?}", object.kind)).or_default();
        entry.0 += u64::from(object.count);
        entry.1 += bytes(object);
    }
    kinds
}

/// Bytes of a run of objects; an interrupt handler is a capability only.
pub fn bytes(object: &Object) -> u64 {
    if object.kind == Kind::IrqHandler { 0 } else { u64::from(object.count) << size_bits(object) }
}
