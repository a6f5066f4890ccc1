// SPDX-License-Identifier: MIT OR Apache-2.0
//! A guest with several vCPUs, which take turns on one core.

use lazaret_build::Request;
use lazaret_machine::Script;
use lazaret_programs::workspace::Workspace;

use crate::Scenario;
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[("smp-linux", linux)];

/// Linux boots all four, turns one off and on again, and works on all of them; it starts anew and ends from one that is
/// not the first.
fn linux() -> anyhow::Result<()> {
    let script = to_the_prompt(Script::new())
        .step("", "echo nproc: $(nproc)\r")
        .expect("nproc: 4")
        .step("/ # ?$", "echo 0 >/sys/devices/system/cpu/cpu3/online; echo left: $(nproc)\r")
        .expect("left: 3")
        .step("/ # ?$", "echo 1 >/sys/devices/system/cpu/cpu3/online; echo again: $(nproc)\r")
        .expect("again: 4")
        .step("/ # ?$", WORK)
        .expect("sums: 1 of 16")
        .step("/ # ?$", "echo on: $(for n in 0 1 2 3; do taskset -c $n cut -d' ' -f39 /proc/self/stat; done)\r")
        .expect("on: 0 1 2 3")
        .step("/ # ?$", "taskset -c 2 reboot -f\r")
        .expect("linux: reset");
    let script = to_the_prompt(script)
        .step("", "taskset -c 1 poweroff -f\r")
        .expect("reboot: Power down")
        .expect(r"linux: \d+ exits")
        .expect("linux: powered off");
    let system = Workspace::find().root().join("components/examples/smp.system");
    machine::run_built(&machine::build(&Request::new(system))?, script, 600).map(|_| ())
}

fn to_the_prompt(script: Script) -> Script {
    script.expect("Brought up 1 node, 4 CPUs").step("Please press Enter", "\r").expect("/ # ?$")
}

/// Sixteen times the same, four at a time: all sums are one.
const WORK: &str = "echo sums: $(seq 16 | xargs -P 4 -I{} sh -c 'seq 20000 | gzip | md5sum' | sort -u | wc -l) of 16\r";
