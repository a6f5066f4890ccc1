// SPDX-License-Identifier: MIT OR Apache-2.0
//! The build report: memory, capabilities, sizes, versions and hashes; for people and for programs.
#![forbid(unsafe_code)]

pub mod memory;
mod microkit;
mod text;

use serde_json::{Value, json};

use lazaret_audit::Audit;
use lazaret_build::{Built, Request};
use lazaret_plan::Plan;
use lazaret_programs::sha256;

pub use text::text;

/// For programs.
pub fn json(built: &Built, request: &Request, qemu: &str) -> Value {
    json!({
        "system": request.system.display().to_string(),
        "lazaret": env!("CARGO_PKG_VERSION"),
        "board": built.board.name,
        "config": built.board.config,
        "kernel": built.kernel,
        "compiler": built.compiler,
        "image_sha256": sha256(&built.image.bytes),
        "qemu": qemu,
        "microkit": microkit(built, request),
        "stand_ins": built.stand_ins.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "sizes": built.sizes,
        "programs": built.programs,
        "guests": built.origins,
        "files": built.inputs,
        "memory": memory::of(&built.plan, &built.board.memory),
        "capabilities": capabilities(&built.plan),
    })
}

/// How Microkit's own tool builds the same system: it takes a description's addresses as they are.
pub fn microkit(built: &Built, request: &Request) -> String {
    if built.stand_ins.is_empty() {
        self::microkit::command_line(&request.system, &built.board, &built.files)
    } else {
        "only with this board's addresses in the description".into()
    }
}

/// The table of who holds what.
fn capabilities(plan: &Plan) -> Vec<String> {
    Audit::compare(plan, "").to_string().lines().map(str::to_string).collect()
}
