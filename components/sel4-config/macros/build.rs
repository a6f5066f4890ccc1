// SPDX-License-Identifier: MIT OR Apache-2.0
//! Turns the active `gen_config.json` files into a Rust table for the macros.

use std::{collections::BTreeMap, env, fmt::Write, fs, path::PathBuf};

use serde_json::{Map, Value};

/// The files that hold the options, most significant last.
fn sources() -> Vec<PathBuf> {
    println!("cargo::rerun-if-env-changed=SEL4_PREFIX");
    match env::var_os("SEL4_PREFIX") {
        Some(prefix) => ["kernel", "sel4"]
            .iter()
            .map(|part| PathBuf::from(&prefix).join("libsel4/include").join(part).join("gen_config.json"))
            .collect(),
        None => {
            let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
            vec![here.join("../../../kernel-config/qemu_virt_aarch64/gen_config.json")]
        }
    }
}

fn main() {
    let mut options = BTreeMap::new();
    for path in sources() {
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let map: Map<String, Value> =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        options.extend(map);
    }
    let mut table = String::from("&[\n");
    for (key, value) in &options {
        let value = match value {
            Value::Bool(value) => format!("Value::Bool({value})"),
            Value::String(value) => format!("Value::Text({value:?})"),
            Value::Number(value) => format!("Value::Text(\"{value}\")"),
            other => panic!("{key}: neither a boolean nor a string: {other}"),
        };
        writeln!(table, "    ({key:?}, {value}),").expect("strings take everything");
    }
    table.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("options.rs");
    fs::write(out, table).expect("OUT_DIR is writable");
}
