// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who holds what: the capabilities that the plan grants against those that the booted system lists.
//!
//! With [`Options::audit`](lazaret_plan::Options) the root task prints `AUDIT pd=NAME slot=N type=T` for each slot
//! that is not empty, as the kernel identifies it, and at the end `AUDIT end caps=N`.
#![forbid(unsafe_code)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde_json::{Value, json};
use system_spec::Kind;

use lazaret_plan::{CapFill, Plan};

/// The line that a complete list ends with; wait for it before comparing.
pub const END: &str = "AUDIT end caps=";

/// A slot: CSpace and number.
pub type Place = (String, u32);

/// What the plan grants in a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Type as the root task names it.
    pub kind: &'static str,
    /// The object's name.
    pub object: String,
    /// `rwgp` with dashes: read, write, grant, grant reply.
    pub rights: String,
    /// Badge, or a CNode's guard word; 0 = none.
    pub data: u64,
}

/// The comparison.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// What the plan grants.
    pub granted: BTreeMap<Place, Grant>,
    /// What the system lists.
    pub found: BTreeMap<Place, String>,
    /// What is wrong with the list itself.
    pub broken: Vec<String>,
}

impl Audit {
    /// Compares a plan with a console transcript.
    pub fn compare(plan: &Plan, transcript: &str) -> Self {
        let mut audit = Self { granted: granted(plan), ..Self::default() };
        audit.read(transcript);
        audit
    }

    fn read(&mut self, transcript: &str) {
        let mut total = None;
        for line in transcript.lines().filter_map(|line| line.find("AUDIT ").map(|at| line[at..].trim_end())) {
            if let Some(count) = line.strip_prefix(END) {
                total = count.parse::<usize>().ok();
            } else if let Some((place, kind)) = parse(line) {
                if self.found.insert(place.clone(), kind).is_some() {
                    self.broken.push(format!("{} slot {} is listed twice", place.0, place.1));
                }
            } else {
                self.broken.push(format!("cannot read the line: {line}"));
            }
        }
        match total {
            None => self.broken.push("the list has no end: the system stopped before it was complete".into()),
            Some(total) if total != self.found.len() => {
                self.broken.push(format!("the list says that it has {total} lines, but has {}", self.found.len()));
            }
            Some(_) => {}
        }
    }

    /// The last line.
    pub fn verdict(&self) -> String {
        let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
        let held = count(self.found.len(), "capability").replace("capabilitys", "capabilities");
        match self.differences().len() {
            0 => format!("audit: {held}, all as the description grants them"),
            number => format!("audit: {held}, {} from what the description grants", count(number, "difference")),
        }
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let capability = |((holder, slot), found): (&Place, &String)| {
            let grant = self.granted.get(&(holder.clone(), *slot));
            json!({
                "holder": holder,
                "slot": slot,
                "type": found,
                "object": grant.map(|grant| &grant.object),
                "rights": grant.map(|grant| &grant.rights),
                "badge": grant.map(|grant| grant.data),
            })
        };
        let differences = self.differences();
        json!({
            "as_described": differences.is_empty(),
            "differences": differences,
            "capabilities": self.found.iter().map(capability).collect::<Vec<_>>(),
        })
    }

    /// Each difference in a sentence; none = the system is what the manifest says.
    pub fn differences(&self) -> Vec<String> {
        let places: BTreeSet<&Place> = self.granted.keys().chain(self.found.keys()).collect();
        let differ = |place: &&Place| {
            let (cspace, slot) = place;
            match (self.granted.get(*place), self.found.get(*place)) {
                (Some(grant), None) => Some(format!("{cspace} lacks slot {slot}: {} '{}'", grant.kind, grant.object)),
                (None, Some(kind)) => Some(format!("{cspace} has a {kind} in slot {slot} that nothing grants")),
                (Some(grant), Some(kind)) if grant.kind != kind => {
                    Some(format!("{cspace} slot {slot} is a {kind}, granted is the {} '{}'", grant.kind, grant.object))
                }
                _ => None,
            }
        };
        self.broken.iter().cloned().chain(places.iter().filter_map(differ)).collect()
    }
}

impl fmt::Display for Audit {
    /// The table.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.granted.keys().map(|(cspace, _)| cspace.len()).max().unwrap_or(0).max("holder".len());
        writeln!(f, "{:width$}  slot  {:13}  {:6}  {:20}  object", "holder", "type", "rights", "badge")?;
        for ((cspace, slot), grant) in &self.granted {
            let badge = if grant.data == 0 { "-".into() } else { format!("{:#x}", grant.data) };
            writeln!(
                f,
                "{cspace:width$}  {slot:4}  {:13}  {:6}  {badge:20}  {}",
                grant.kind, grant.rights, grant.object
            )?;
        }
        Ok(())
    }
}

fn parse(line: &str) -> Option<(Place, String)> {
    let rest = line.strip_prefix("AUDIT pd=")?;
    let (cspace, rest) = rest.split_once(" slot=")?;
    let (slot, kind) = rest.split_once(" type=")?;
    Some(((cspace.into(), slot.parse().ok()?), kind.into()))
}

fn granted(plan: &Plan) -> BTreeMap<Place, Grant> {
    plan.caps.iter().map(|cap| ((plan.objects[cap.cnode.0].name.clone(), cap.slot), grant(plan, cap))).collect()
}

fn grant(plan: &Plan, cap: &CapFill) -> Grant {
    let object = &plan.objects[cap.object.0];
    let letters = [(2, 'r'), (1, 'w'), (4, 'g'), (8, 'p')];
    let rights = letters.map(|(bit, letter)| if cap.rights & bit != 0 { letter } else { '-' }).iter().collect();
    Grant { kind: type_name(object.kind), object: object.name.clone(), rights, data: cap.data }
}

/// As the root task names it.
fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Endpoint => "endpoint",
        Kind::Notification => "notification",
        Kind::Reply => "reply",
        Kind::Tcb => "tcb",
        Kind::Vcpu => "vcpu",
        Kind::SchedContext => "sched_context",
        Kind::CNode => "cnode",
        Kind::VSpace => "vspace",
        Kind::PageTable => "page_table",
        Kind::SmallPage | Kind::LargePage => "frame",
        Kind::IrqHandler => "irq_handler",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audit(transcript: &str) -> Audit {
        let grant = Grant { kind: "endpoint", object: "vmm".into(), rights: "r---".into(), data: 0 };
        let mut audit = Audit { granted: BTreeMap::from([(("vmm".into(), 1), grant)]), ..Audit::default() };
        audit.read(transcript);
        audit
    }

    #[test]
    fn equal_lists_do_not_differ() {
        let audit = audit("boot\nAUDIT pd=vmm slot=1 type=endpoint\r\nAUDIT end caps=1\n");
        assert_eq!(audit.differences(), [""; 0]);
        assert_eq!(audit.verdict(), "audit: 1 capability, all as the description grants them");
        let json = audit.json();
        assert_eq!((&json["as_described"], &json["capabilities"][0]["object"]), (&true.into(), &"vmm".into()));
        assert!(audit.to_string().contains("vmm        1  endpoint       r---"));
    }

    #[test]
    fn every_difference_is_told() {
        let more = audit("AUDIT pd=vmm slot=1 type=endpoint\nAUDIT pd=vmm slot=511 type=tcb\nAUDIT end caps=2\n");
        assert_eq!(more.verdict(), "audit: 2 capabilities, 1 difference from what the description grants");
        assert_eq!(more.json()["as_described"], false);
        assert_eq!(more.differences(), ["vmm has a tcb in slot 511 that nothing grants"]);
        assert_eq!(audit("AUDIT end caps=0").differences(), ["vmm lacks slot 1: endpoint 'vmm'"]);
        let other = audit("AUDIT pd=vmm slot=1 type=tcb\nAUDIT end caps=1\n");
        assert_eq!(other.differences(), ["vmm slot 1 is a tcb, granted is the endpoint 'vmm'"]);
        let cut = audit("AUDIT pd=vmm slot=1 type=endpoint\n");
        assert_eq!(cut.differences(), ["the list has no end: the system stopped before it was complete"]);
        let twice = "AUDIT pd=vmm slot=1 type=endpoint\n".repeat(2) + "AUDIT end caps=2";
        assert_eq!(audit(&twice).differences().len(), 2);
    }
}
