// SPDX-License-Identifier: MIT OR Apache-2.0
//! The build report: memory, capabilities, sizes, versions and hashes.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::audit::Audit;
use crate::guests::sha256;
use crate::microkit;
use crate::plan::{Plan, size_bits};
use crate::system::{Built, Request};

/// For people.
pub fn text(built: &Built, request: &Request, qemu: &str) -> String {
    let mut out = String::new();
    let mut put = |line: &str| writeln!(out, "{line}").expect("strings take everything");
    put(&format!("# {}\n", request.system.display()));
    put(&format!("board                       {} ({})", built.board.name, built.board.config));
    put(&format!("compiler                    {}", built.compiler));
    put(&format!("image SHA-256               {}", sha256(&built.image.bytes)));
    put(&format!("QEMU                        {qemu}"));
    put(&format!(
        "Microkit                    {}",
        microkit::command_line(&request.system, &built.board, &built.files)
    ));
    put("\n# Sizes\n");
    built.sizes.iter().for_each(|size| put(&size.line()));
    put("\n# Guests\n");
    for origin in &built.origins {
        put(&format!("{:<28}{}", origin.file, origin.from));
        put(&format!("{:<28}SHA-256 {}", "", origin.sha256));
    }
    put("\n# Memory\n");
    for (what, count, bytes) in memory(&built.plan) {
        put(&format!("{what:<28}{count:>8} objects {:>12} bytes", bytes));
    }
    put("\n# Capabilities\n");
    for line in capabilities(&built.plan) {
        put(&line);
    }
    out
}

/// For programs.
pub fn json(built: &Built, request: &Request, qemu: &str) -> Value {
    let memory: Vec<_> = memory(&built.plan)
        .into_iter()
        .map(|(what, count, bytes)| json!({ "kind": what, "objects": count, "bytes": bytes }))
        .collect();
    json!({
        "system": request.system.display().to_string(),
        "board": built.board.name,
        "config": built.board.config,
        "compiler": built.compiler,
        "image_sha256": sha256(&built.image.bytes),
        "qemu": qemu,
        "sizes": built.sizes,
        "guests": built.origins,
        "memory": memory,
        "capabilities": capabilities(&built.plan),
    })
}

/// Kind of object, how many, how many bytes.
fn memory(plan: &Plan) -> Vec<(String, u64, u64)> {
    let mut kinds: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for object in &plan.objects {
        let total = kinds.entry(format!("{:?}", object.kind)).or_default();
        let bytes = if size_bits(object) == 0 { 0 } else { 1 << size_bits(object) };
        total.0 += u64::from(object.count);
        total.1 += u64::from(object.count) * bytes;
    }
    kinds.into_iter().map(|(kind, (count, bytes))| (kind, count, bytes)).collect()
}

/// The table of who holds what.
fn capabilities(plan: &Plan) -> Vec<String> {
    Audit::compare(plan, "").to_string().lines().map(str::to_string).collect()
}
