// SPDX-License-Identifier: MIT OR Apache-2.0
//! What belongs to one subject: the commands that `test SUBJECT` runs.

/// Package of the scenarios in QEMU.
pub const QEMU_TESTS: &str = "qemu-tests";

/// Two at once, as most machines have two cores at least. Each writes to a folder of its own.
pub const SCENARIOS_AT_ONCE: &str = "--test-threads=2";

/// Filters that are a subject of their own: what belongs to it and nothing else is built and run.
pub const SUBJECTS: &[(&str, &[&[&str]])] = &[
    (
        "vgic-oracle",
        &[
            &["test", "-p", "interrupt-programs", "--locked"],
            &["test", "-p", QEMU_TESTS, "--locked", "--", SCENARIOS_AT_ONCE, "vgic-oracle"],
        ],
    ),
    (
        "sel4",
        &[
            &["test", "-p", "sel4-prefix", "-p", "sel4-vcpu-debug", "-p", "debug-shim-c", "--locked", "--no-fail-fast"],
            &["test", "-p", "lazaret-build", "--locked", "--", "sel4"],
            &["test", "-p", QEMU_TESTS, "--locked", "--", SCENARIOS_AT_ONCE, "sel4-"],
            &["test", "-p", QEMU_TESTS, "--locked", "--", SCENARIOS_AT_ONCE, "kernel-prefix"],
        ],
    ),
    (
        "virtio",
        &[
            &[
                "test",
                "-p",
                "virtio",
                "-p",
                "sddf-abi",
                "-p",
                "block",
                "-p",
                "network",
                "-p",
                "lazaret-disk",
                "--locked",
            ],
            &["test", "-p", "vmm", "--lib", "--locked", "--", "virtio", "recovery"],
            &["test", "-p", "mutants", "--test", "caught", "--locked", "--", "mutants-virtio"],
            &["test", "-p", QEMU_TESTS, "--locked", "--", SCENARIOS_AT_ONCE, "virtio"],
            &["test", "-p", QEMU_TESTS, "--locked", "--", SCENARIOS_AT_ONCE, "disk-"],
            &["test", "-p", QEMU_TESTS, "--locked", "--", SCENARIOS_AT_ONCE, "network-"],
            &["test", "-p", QEMU_TESTS, "--locked", "--", SCENARIOS_AT_ONCE, "linux-debian"],
        ],
    ),
    (
        "debugger",
        &[
            &["test", "-p", "vmm", "--lib", "--locked", "--", "debugger"],
            &["test", "-p", "debug-line", "-p", "lazaret-machine", "--locked", "--no-fail-fast", "--", "debug"],
            &["test", "-p", QEMU_TESTS, "--locked", "--", SCENARIOS_AT_ONCE, "debug"],
        ],
    ),
    ("proof", &[&["test", "-p", "proof", "--locked", "--no-fail-fast", "--", "proof"]]),
    ("mutate", &[&["test", "-p", "inputs", "--locked", "--no-fail-fast"]]),
    (
        "abi2",
        &[
            &[
                "test",
                "-p",
                "lazaret-abi",
                "-p",
                "sel4-vcpu-debug",
                "-p",
                "debug-shim",
                "-p",
                "debug-shim-c",
                "--locked",
                "--no-fail-fast",
            ],
            &["test", "-p", "microkernel", "--lib", "--locked", "--no-fail-fast"],
            &["test", "-p", QEMU_TESTS, "--locked", "--", SCENARIOS_AT_ONCE, "kernel-conformance"],
            &["test", "-p", QEMU_TESTS, "--locked", "--", SCENARIOS_AT_ONCE, "kernel-fuzz"],
            &["test", "-p", QEMU_TESTS, "--locked", "--", SCENARIOS_AT_ONCE, "kernel-extension-costs"],
            &["test", "-p", QEMU_TESTS, "--locked", "--", SCENARIOS_AT_ONCE, "crash-points"],
            &["test", "-p", QEMU_TESTS, "--locked", "--", SCENARIOS_AT_ONCE, "bench-figures"],
            &["test", "-p", "mutants", "--test", "caught", "--locked", "--", "abi2-mutants"],
        ],
    ),
];
