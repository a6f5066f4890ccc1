// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is in the picture: boxes of lines, and connections between lines.

use lazaret_sdf::model::{
    Irq, Map, MemoryRegion, PdIndex, PhysAddr, Prefill, ProtectionDomain, SharedCapKind, System, Trigger,
    VirtualMachine,
};

/// Everything to draw.
pub struct Scene {
    /// Memory regions and interrupts.
    pub sources: Vec<Box>,
    /// Protection domains; children after their parent, further to the right.
    pub domains: Vec<Box>,
    /// From a source to a line of a domain: (source, domain, line, what it is).
    pub uses: Vec<(usize, Port, &'static str)>,
    /// Between two lines of domains.
    pub arcs: Vec<Arc>,
}

/// A line of a domain's box.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Port {
    /// Which domain.
    pub domain: usize,
    /// Which of its lines.
    pub line: usize,
}

/// A box with a title and lines.
pub struct Box {
    /// The kind, which is the class in the style sheet.
    pub class: &'static str,
    pub title: String,
    pub lines: Vec<Line>,
    /// How deep it is nested.
    pub depth: usize,
}

/// A line, which may belong to a box in the box.
pub struct Line {
    pub text: String,
    /// The class in the style sheet.
    pub class: &'static str,
}

/// A connection on the right.
pub struct Arc {
    /// One end.
    pub from: Port,
    /// The other.
    pub to: Port,
    /// `channel` or `child`.
    pub class: &'static str,
    /// Arrow heads at `from` and at `to`.
    pub heads: [bool; 2],
}

impl Scene {
    pub fn of(system: &System) -> Self {
        let mut scene = Scene { sources: Vec::new(), domains: Vec::new(), uses: Vec::new(), arcs: Vec::new() };
        scene.sources.extend(system.memory_regions.iter().map(region));
        for (index, pd) in system.pds() {
            let domain = scene.domain(system, index, pd);
            scene.domains.push(domain);
        }
        scene.channels(system);
        scene.children(system);
        scene
    }

    fn domain(&mut self, system: &System, index: PdIndex, pd: &ProtectionDomain) -> Box {
        let depth = std::iter::successors(pd.parent, |link| system[link.pd].parent).count();
        let mut lines = vec![
            text(format!("program {}", pd.program.name)),
            text(scheduling(pd)),
            text("holds: its VSpace, its reply object, its input".into()),
        ];
        for map in &pd.maps {
            self.map(system, map, Port { domain: index.0, line: lines.len() }, &mut lines, "map");
        }
        for irq in &pd.irqs {
            self.irq(irq, Port { domain: index.0, line: lines.len() }, &mut lines);
        }
        for cap in &pd.shared_caps {
            let kind = match cap.kind {
                SharedCapKind::Tcb => "TCB",
                SharedCapKind::SchedContext => "scheduling context",
                SharedCapKind::VSpace => "VSpace",
            };
            let owner = &system[cap.owner].name;
            lines.push(Line { text: format!("slot {}: {kind} of {owner}", cap.slot), class: "cap" });
        }
        if let Some(vm) = &pd.virtual_machine {
            self.machine(system, vm, index, &mut lines);
        }
        Box { class: "domain", title: pd.name.clone(), lines, depth }
    }

    fn machine(&mut self, system: &System, vm: &VirtualMachine, index: PdIndex, lines: &mut Vec<Line>) {
        let s = vm.scheduling;
        lines.push(Line { text: format!("virtual machine {}", vm.name), class: "machine-title" });
        let time = format!("priority {}, {} of {} us", s.priority, s.budget_us, s.period_us);
        lines.push(Line { text: time, class: "machine" });
        for vcpu in &vm.vcpus {
            let text = format!("vCPU {}: VCPU and TCB held, faults taken", vcpu.id);
            lines.push(Line { text, class: "machine" });
        }
        for map in &vm.maps {
            self.map(system, map, Port { domain: index.0, line: lines.len() }, lines, "machine");
        }
    }

    fn map(&mut self, system: &System, map: &Map, port: Port, lines: &mut Vec<Line>, class: &'static str) {
        let uncached = if map.cached { "" } else { " uncached" };
        let name = &system[map.region].name;
        lines.push(Line { text: format!("{} {:#x} {name}{uncached}", map.perms, map.vaddr), class });
        self.uses.push((map.region.0, port, class));
    }

    fn irq(&mut self, irq: &Irq, port: Port, lines: &mut Vec<Line>) {
        let trigger = match irq.trigger {
            Trigger::Level => "level",
            Trigger::Edge => "edge",
        };
        lines.push(Line { text: format!("irq {} as id {}: handler held", irq.number, irq.id), class: "irq" });
        self.uses.push((self.sources.len(), port, "irq"));
        let title = format!("irq {}", irq.number);
        self.sources.push(Box { class: "irq", title, lines: vec![text(trigger.into())], depth: 0 });
    }

    fn channels(&mut self, system: &System) {
        for channel in &system.channels {
            let [a, b] = &channel.ends;
            let ports = [(a, b), (b, a)].map(|(own, other)| {
                let powers = match (own.notify, own.pp) {
                    (true, true) => "notify, call",
                    (true, false) => "notify",
                    (false, true) => "call",
                    (false, false) => "listen only",
                };
                let text = format!("channel {} to {}: {powers}", own.id, system[other.pd].name);
                self.add_line(own.pd.0, text, "channel")
            });
            let heads = [b.notify || b.pp, a.notify || a.pp];
            self.arcs.push(Arc { from: ports[0], to: ports[1], class: "channel", heads });
        }
    }

    fn children(&mut self, system: &System) {
        for (index, pd) in system.pds() {
            let Some(link) = pd.parent else { continue };
            let from =
                self.add_line(link.pd.0, format!("child {}: TCB of {} held, faults taken", link.id, pd.name), "child");
            let to = self.add_line(index.0, format!("child of {}", system[link.pd].name), "child");
            self.arcs.push(Arc { from, to, class: "child", heads: [false, true] });
        }
    }

    fn add_line(&mut self, domain: usize, text: String, class: &'static str) -> Port {
        let lines = &mut self.domains[domain].lines;
        lines.push(Line { text, class });
        Port { domain, line: lines.len() - 1 }
    }
}

fn text(text: String) -> Line {
    Line { text, class: "text" }
}

fn scheduling(pd: &ProtectionDomain) -> String {
    let s = pd.scheduling;
    let passive = if pd.passive { ", passive" } else { "" };
    format!("priority {}, {} of {} us{passive}, stack {}", s.priority, s.budget_us, s.period_us, size(pd.stack_size))
}

fn region(region: &MemoryRegion) -> Box {
    let place = match region.phys {
        PhysAddr::At(address) => format!("at {address:#x}"),
        PhysAddr::Contiguous => "in one piece".into(),
        PhysAddr::Anywhere => "anywhere".into(),
    };
    let is_unseen = matches!(&region.prefill, Some(Prefill::File { path, .. }) if path.as_os_str().is_empty());
    let bytes = if is_unseen { "as its file,".into() } else { size(region.size) };
    let mut lines = vec![text(format!("{bytes} {place}, pages of {}", size(region.page_size.bytes())))];
    match &region.prefill {
        Some(Prefill::File { name, .. }) => lines.push(text(format!("from {name}"))),
        Some(Prefill::DeviceTree) => lines.push(text("from the device tree".into())),
        None => {}
    }
    let class = if matches!(region.phys, PhysAddr::At(_)) { "fixed" } else { "memory" };
    Box { class, title: region.name.clone(), lines, depth: 0 }
}

fn size(bytes: u64) -> String {
    match bytes {
        b if b >= 1 << 20 && b.is_multiple_of(1 << 20) => format!("{} MiB", b >> 20),
        b => format!("{} KiB", b.div_ceil(1 << 10)),
    }
}
