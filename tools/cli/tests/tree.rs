// SPDX-License-Identifier: MIT OR Apache-2.0
//! The tree is what the picture in components/README.md says: who links whom, where unsafe code is, what lies at the top.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A crate of ours, and all of ours that it may link.
const MAY_LINK: &[(&str, &[&str])] = &[
    // pure
    ("sel4-abi", &[]),
    ("lazaret-abi", &["sel4-abi"]),
    ("microkit-abi", &["sel4-abi"]),
    ("arm-debug-bits", &[]),
    ("arm-load-store", &["arm-syndrome"]),
    ("arm-syndrome", &[]),
    ("arm-trap-table", &["arm-debug-bits", "arm-syndrome", "lazaret-abi"]),
    ("board-file", &[]),
    ("sel4-prefix", &[]),
    ("system-spec", &["sel4-abi"]),
    ("sddf-abi", &[]),
    ("virtio", &[]),
    ("debug-shim", &["arm-debug-bits", "lazaret-abi"]),
    ("debug-shim-aarch64", &["debug-shim"]),
    ("debug-shim-c", &["debug-shim", "debug-shim-aarch64", "lazaret-abi", "sel4-abi"]),
    ("sel4-loader", &[]),
    // privileged
    (
        "microkernel",
        &[
            "debug-shim",
            "debug-shim-aarch64",
            "arm-syndrome",
            "arm-trap-table",
            "lazaret-abi",
            "sel4-config",
            "sel4-abi",
        ],
    ),
    // what user level links
    ("sel4-config", &["sel4-config-macros"]),
    ("sel4", &["sel4-config", "sel4-abi"]),
    ("sel4-runtime", &[]),
    ("sel4-root-task", &["lazaret-abi", "sel4-abi", "sel4", "sel4-runtime", "sel4-root-task-macros"]),
    ("sel4-microkit", &["microkit-abi", "sel4", "sel4-runtime", "sel4-microkit-macros"]),
    ("sel4-vcpu-debug", &["lazaret-abi", "sel4", "sel4-config", "sel4-abi"]),
    // user level
    (
        "root-task",
        &["arm-syndrome", "lazaret-abi", "sel4", "sel4-root-task", "sel4-abi", "sel4-vcpu-debug", "system-spec"],
    ),
    ("debug-line", &["microkit-abi", "sel4", "sel4-microkit", "serial"]),
    ("serial", &["lazaret-abi", "microkit-abi", "sel4", "sel4-microkit", "sel4-abi"]),
    ("block", &["microkit-abi", "sddf-abi", "sel4", "sel4-microkit", "sel4-abi"]),
    ("network", &["microkit-abi", "sddf-abi", "sel4", "sel4-microkit", "sel4-abi"]),
    (
        "vmm",
        &[
            "arm-debug-bits",
            "arm-load-store",
            "arm-syndrome",
            "arm-trap-table",
            "lazaret-abi",
            "microkit-abi",
            "sddf-abi",
            "sel4",
            "sel4-microkit",
            "sel4-abi",
            "sel4-vcpu-debug",
            "serial",
            "virtio",
        ],
    ),
    // guests
    ("bare-aarch32", &["bare-aarch64"]),
    ("bare-aarch64", &["arm-syndrome", "interrupt-programs"]),
    ("interrupt-programs", &[]),
    ("debuggee", &[]),
    ("kvm-launcher", &[]),
    ("loader", &[]),
    // tools
    ("lazaret-diagnostic", &[]),
    ("lazaret-board", &[]),
    ("lazaret-sdf", &["lazaret-board", "lazaret-diagnostic", "microkit-abi", "sel4-abi"]),
    (
        "lazaret-plan",
        &["lazaret-board", "lazaret-diagnostic", "lazaret-sdf", "microkit-abi", "sel4-abi", "system-spec"],
    ),
    (
        "lazaret-check",
        &[
            "lazaret-board",
            "lazaret-diagnostic",
            "lazaret-plan",
            "lazaret-sdf",
            "microkernel",
            "root-task",
            "sel4-abi",
            "system-spec",
            "vmm",
        ],
    ),
    ("lazaret-programs", &["lazaret-board", "lazaret-diagnostic"]),
    ("lazaret-image", &["microkernel", "sel4-abi", "sel4-loader"]),
    ("lazaret-guests", &["lazaret-diagnostic", "lazaret-image", "lazaret-programs"]),
    (
        "lazaret-build",
        &[
            "lazaret-board",
            "lazaret-check",
            "lazaret-diagnostic",
            "lazaret-guests",
            "lazaret-image",
            "lazaret-plan",
            "lazaret-programs",
            "lazaret-sdf",
            "sel4-abi",
            "sel4-prefix",
        ],
    ),
    (
        "lazaret-machine",
        &["debug-line", "lazaret-abi", "lazaret-board", "lazaret-diagnostic", "lazaret-guests", "lazaret-programs"],
    ),
    ("lazaret-trace", &["arm-trap-table", "arm-syndrome", "lazaret-plan", "vmm"]),
    ("lazaret-audit", &["lazaret-plan", "system-spec"]),
    (
        "lazaret-report",
        &[
            "lazaret-audit",
            "lazaret-board",
            "lazaret-build",
            "lazaret-plan",
            "lazaret-programs",
            "lazaret-sdf",
            "system-spec",
        ],
    ),
    ("lazaret-graph", &["lazaret-board", "lazaret-diagnostic", "lazaret-sdf"]),
    (
        "lazaret-bench",
        &[
            "arm-trap-table",
            "arm-syndrome",
            "lazaret-build",
            "lazaret-diagnostic",
            "lazaret-guests",
            "lazaret-image",
            "lazaret-machine",
            "lazaret-programs",
            "microkernel",
            "vmm",
        ],
    ),
    ("lazaret-disk", &["lazaret-build", "lazaret-diagnostic", "lazaret-guests", "lazaret-machine", "lazaret-programs"]),
    ("lazaret-inject", &["lazaret-build", "lazaret-machine", "lazaret-programs", "lazaret-trace", "sel4-abi", "vmm"]),
    (
        "lazaret-cli",
        &[
            "arm-trap-table",
            "debug-shim-c",
            "lazaret-audit",
            "lazaret-bench",
            "lazaret-board",
            "lazaret-build",
            "lazaret-check",
            "lazaret-diagnostic",
            "lazaret-disk",
            "lazaret-graph",
            "lazaret-image",
            "lazaret-inject",
            "lazaret-machine",
            "lazaret-programs",
            "lazaret-report",
            "lazaret-sdf",
            "lazaret-trace",
            "vmm",
        ],
    ),
];

/// Where `unsafe` may be: files, and folders with a slash at the end.
const MAY_BE_UNSAFE: &[&str] = &[
    "components/debug-shim/aarch64/src/lib.rs",
    "components/debug-shim/c/src/interface.rs",
    "components/debug-shim/c/src/lib.rs",
    "components/microkernel/src/arch/arm/el2/",
    "components/microkernel/src/arch/fake/",
    "components/microkernel/src/entry/vectors.rs",
    "components/microkernel/src/object/reference.rs",
    "components/sel4-loader/src/target/",
    "components/sel4/src/bootinfo.rs",
    "components/sel4/src/state.rs",
    "components/sel4/src/syscalls.rs",
    "components/sel4-runtime/src/stack.rs",
    "components/sel4-runtime/src/stop.rs",
    "components/sel4-root-task/src/entry.rs",
    "components/sel4-root-task/src/lib.rs",
    "components/sel4-root-task/macros/src/lib.rs",
    "components/sel4-microkit/src/entry.rs",
    "components/sel4-microkit/src/lib.rs",
    "components/sel4-microkit/src/symbols.rs",
    "components/sel4-microkit/macros/src/lib.rs",
    "components/root-task/src/counter.rs",
    "components/root-task/src/embedded.rs",
    "components/root-task/src/fill.rs",
    "components/root-task/src/fresh.rs",
    "components/root-task/src/tests.rs",
    // The entry of a thread without a stack.
    "components/root-task/src/ticker.rs",
    "components/drivers/block/src/target/disk.rs",
    "components/drivers/block/src/target/hal.rs",
    "components/drivers/block/src/target/regions.rs",
    "components/drivers/debug-line/src/target/regions.rs",
    "components/drivers/network/src/target/card.rs",
    "components/drivers/network/src/target/hal.rs",
    "components/drivers/network/src/target/regions.rs",
    "components/drivers/network/src/target/ring.rs",
    "components/drivers/serial/src/target/counter.rs",
    "components/drivers/serial/src/target/regions.rs",
    "components/vmm/src/pd/counter.rs",
    "components/vmm/src/pd/regions.rs",
    "tests/guests/bare-aarch32/src/runtime/",
    "tests/guests/bare-aarch64/src/runtime/",
    "tests/guests/debuggee/src/accesses.rs",
    "tests/guests/debuggee/src/calls.rs",
    "tests/guests/debuggee/src/entry.rs",
    "tests/guests/debuggee/src/linux.rs",
    "tests/guests/debuggee/src/watcher.rs",
    "tests/guests/kvm-launcher/src/linux.rs",
    "tests/guests/loader/src/main.rs",
    "tests/kernel/src/memory.rs",
    "tests/kernel/src/outlet.rs",
    "tests/protection-domains/src/fault.rs",
    "tests/protection-domains/src/memory.rs",
    "tests/protection-domains/src/observer.rs",
    "tests/protection-domains/src/shifter.rs",
];

/// More unsafe code than this needs a reason, here.
const UNSAFE_LIMITS: &[(&str, usize)] = &[
    ("components/microkernel", 45),
    ("components/debug-shim/aarch64", 4),
    ("components/debug-shim/c", 9),
    ("components/sel4-loader", 10),
    ("components/sel4", 12),
    ("components/sel4-runtime", 7),
    ("components/sel4-root-task", 10),
    ("components/sel4-microkit", 14),
    ("components/root-task", 12),
    // virtio-drivers leaves to its users what buffers are and where.
    ("components/drivers/block", 18),
    ("components/drivers/debug-line", 2),
    ("components/drivers/network", 15),
    ("components/drivers/serial", 6),
    ("components/vmm", 8),
];

/// Besides licences and names that begin with a dot.
const TOP: &[&str] = &[
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "components",
    "kernel-config",
    "rust-toolchain.toml",
    "system.xml",
    "tests",
    "tools",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Tracked files, and new ones that are not ignored.
fn files() -> Vec<String> {
    let git = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(git.status.success(), "git ls-files");
    let text = String::from_utf8(git.stdout).unwrap();
    text.lines().filter(|path| root().join(path).is_file()).map(str::to_string).collect()
}

/// Our packages, as cargo describes them.
fn packages() -> Vec<Value> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// Our packages and which of ours each one depends on, build and test dependencies left out.
fn links() -> BTreeMap<String, BTreeSet<String>> {
    let packages = packages();
    let ours: BTreeSet<&str> = packages.iter().map(|p| p["name"].as_str().unwrap()).collect();
    let direct = |package: &Value| -> BTreeSet<String> {
        let dependencies = package["dependencies"].as_array().unwrap();
        let linked = dependencies.iter().filter(|d| d["kind"].is_null());
        linked.map(|d| d["name"].as_str().unwrap()).filter(|n| ours.contains(n)).map(str::to_string).collect()
    };
    packages.iter().map(|p| (p["name"].as_str().unwrap().to_string(), direct(p))).collect()
}

/// The same with what those link in turn.
fn all_links(links: &BTreeMap<String, BTreeSet<String>>, name: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut open = vec![name.to_string()];
    while let Some(next) = open.pop() {
        for linked in &links[&next] {
            if all.insert(linked.clone()) {
                open.push(linked.clone());
            }
        }
    }
    all
}

#[test]
fn the_arrows_are_true() {
    let links = links();
    for (name, allowed) in MAY_LINK {
        let Some(direct) = links.get(*name) else { panic!("no package {name}") };
        let extra: Vec<_> = direct.iter().filter(|linked| !allowed.contains(&linked.as_str())).collect();
        assert!(extra.is_empty(), "{name} links {extra:?}: an arrow that the picture does not have");
    }
    let never = |name: &str, others: &[&str]| {
        let all = all_links(&links, name);
        others.iter().for_each(|other| assert!(!all.contains(*other), "{name} links {other}"));
    };
    never("vmm", &["debug-shim", "microkernel", "root-task", "system-spec"]);
    never("microkernel", &["vmm", "serial", "root-task", "sel4", "sel4-microkit", "sel4-vcpu-debug", "system-spec"]);
    never("root-task", &["microkernel", "debug-shim", "vmm"]);
    // What a description means does not depend on how it is built, run or measured.
    let later = ["lazaret-programs", "lazaret-guests", "lazaret-build", "lazaret-machine", "lazaret-bench"];
    ["lazaret-sdf", "lazaret-plan", "lazaret-check", "lazaret-graph"].iter().for_each(|name| never(name, &later));
    never("lazaret-machine", &["lazaret-sdf", "lazaret-plan", "lazaret-build"]);
    never("lazaret-build", &["lazaret-machine", "lazaret-bench", "lazaret-inject"]);
    never("lazaret-bench", &["lazaret-inject"]);
    never("lazaret-inject", &["lazaret-bench"]);
}

/// The packages in a folder of the top level.
fn packages_in(folder: &str) -> BTreeSet<String> {
    let root = root().join(folder);
    let is_there = |package: &&Value| Path::new(package["manifest_path"].as_str().unwrap()).starts_with(&root);
    packages().iter().filter(is_there).map(|package| package["name"].as_str().unwrap().to_string()).collect()
}

#[test]
fn the_tools_are_all_named_and_no_component_links_one() {
    let (links, tools) = (links(), packages_in("tools"));
    for tool in &tools {
        assert!(MAY_LINK.iter().any(|(name, _)| name == tool), "{tool} is not in MAY_LINK");
    }
    for component in packages_in("components") {
        let linked: Vec<_> = all_links(&links, &component).intersection(&tools).cloned().collect();
        assert!(linked.is_empty(), "{component} links {linked:?}");
    }
}

#[test]
fn the_top_level_is_the_architecture_s() {
    let tops: BTreeSet<String> = files().iter().map(|f| f.split('/').next().unwrap().to_string()).collect();
    let allowed = |name: &str| TOP.contains(&name) || name.starts_with('.') || name.starts_with("LICENSE-");
    let extra: Vec<_> = tops.iter().filter(|name| !allowed(name)).collect();
    assert!(extra.is_empty(), "at the top level: {extra:?}");
}

#[test]
fn every_source_file_names_its_licence() {
    let is_source =
        |path: &str| [".rs", ".toml", ".ld", ".sh", ".system", ".xml", ".vmmcfg"].iter().any(|e| path.ends_with(e));
    let names_it = |path: &str| {
        let text = std::fs::read_to_string(root().join(path)).unwrap_or_default();
        text.lines().take(3).any(|line| line.contains("SPDX-License-Identifier: MIT OR Apache-2.0"))
    };
    // Bad descriptions may be bad in their first line.
    let counts = |path: &String| is_source(path) && !path.starts_with("tests/sdf/");
    let without: Vec<_> = files().into_iter().filter(counts).filter(|path| !names_it(path)).collect();
    assert!(without.is_empty(), "no SPDX line: {without:#?}");
}

/// Uses of `unsafe` in code: blocks, functions, impls, attributes; comments and lint names do not count.
fn count_unsafe(text: &str) -> usize {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or(""));
    code.map(|line| {
        let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.filter(|word| *word == "unsafe").count()
    })
    .sum()
}

#[test]
fn unsafe_code_is_only_where_it_is_named() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut stray = Vec::new();
    for path in files().into_iter().filter(|path| path.ends_with(".rs")) {
        let count = count_unsafe(&std::fs::read_to_string(root().join(&path)).unwrap());
        // The word in strings: of this file, and of the test that reads the page of claims.
        let only_says_it = ["tools/cli/tests/tree.rs", "tests/proof/tests/claims.rs"].contains(&path.as_str());
        if count == 0 || only_says_it {
            continue;
        }
        if !MAY_BE_UNSAFE.iter().any(|prefix| path.starts_with(prefix)) {
            stray.push(format!("{path} ({count})"));
        }
        let package = path.split("/src/").next().unwrap().to_string();
        *counts.entry(package).or_default() += count;
    }
    counts.iter().for_each(|(package, count)| println!("{count:5} unsafe in {package}"));
    assert!(stray.is_empty(), "unsafe code outside the named files: {stray:#?}");
    for (package, limit) in UNSAFE_LIMITS {
        let count = counts.get(*package).copied().unwrap_or(0);
        assert!(count <= *limit, "{package} has {count} uses of unsafe, more than {limit}");
    }
}

#[test]
fn nothing_names_this_machine_or_a_registry() {
    let words =
        [["/root", "/"].concat(), ["/wo", "rk/"].concat(), ["debian", ".org"].concat(), ["crates", ".io/"].concat()];
    let text = |path: &String| {
        std::fs::read(root().join(path)).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default()
    };
    let names = |path: &String| words.iter().any(|word| text(path).contains(word));
    // cargo writes the registry's address into its lock file.
    let found: Vec<_> = files().into_iter().filter(|path| path != "Cargo.lock").filter(names).collect();
    assert!(found.is_empty(), "{found:#?}");
}
