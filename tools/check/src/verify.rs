// SPDX-License-Identifier: MIT OR Apache-2.0
//! Everything that can be known of a system before it is built or started: the description's rules, the guests, the
//! policy for faults, the plan, and whether it all fits. `check` and `build` refuse the same systems.

use std::path::Path;

use crate::{payload, start};
use lazaret_board::Board;
use lazaret_diagnostic::Diagnostic;
use lazaret_plan::policy::Policy;
use lazaret_plan::{Options, Plan};
use lazaret_sdf::model::Prefill;
use lazaret_sdf::{SearchPath, System};

/// A system without errors.
#[derive(Debug)]
pub struct Verified {
    /// The description.
    pub system: System,
    /// The plan; `None` when files that a build will make are not there yet.
    pub plan: Option<Plan>,
}

/// Reads, checks and plans.
pub fn load(path: &Path, board: &Board, files: &SearchPath, options: &Options) -> Result<Verified, Vec<Diagnostic>> {
    let system = lazaret_sdf::load(path, board, files)?;
    let refused = payload::check(&system);
    if !refused.is_empty() {
        return Err(refused);
    }
    let options = Options { policy: Policy::of(&system)?, ..options.clone() };
    let plan = if is_complete(&system) { Some(Plan::build(&system, &options)?) } else { None };
    let refused =
        plan.as_ref().and_then(|plan| too_large(&system, plan, board).or_else(|| start::check(&system, plan, board)));
    if let Some(error) = refused {
        return Err(vec![error]);
    }
    Ok(Verified { system, plan })
}

/// Is every file there?
fn is_complete(system: &System) -> bool {
    let unseen = |prefill: &Prefill| matches!(prefill, Prefill::File { path, .. } if path.as_os_str().is_empty());
    system.protection_domains.iter().all(|pd| pd.program.elf.is_some())
        && !system.memory_regions.iter().filter_map(|region| region.prefill.as_ref()).any(unseen)
}

/// With page tables and kernel objects, which the description does not name.
fn too_large(system: &System, plan: &Plan, board: &Board) -> Option<Diagnostic> {
    let needed = plan.totals(&board.memory).bytes();
    let has = board.memory_size();
    if needed <= has {
        return None;
    }
    let what = format!("The system needs {needed:#x} bytes with its kernel objects, but the board has {has:#x}");
    let span = system.protection_domains.first()?.span;
    Some(Diagnostic::error(system.source.clone(), span, what))
}
