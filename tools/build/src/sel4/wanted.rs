// SPDX-License-Identifier: MIT OR Apache-2.0
//! What we need of a kernel's configuration: one row a key, with what it is for.

use sel4_prefix::Options;

/// What a value must be.
enum Wanted {
    Is(&'static str),
    AtLeast(u64),
    /// What our own kernel's configuration for the board says.
    AsOurs,
}

use Wanted::{AsOurs, AtLeast, Is};

/// A key of `gen_config.json`, how cmake sets it, what it must be, and what for.
type Row = (&'static str, &'static str, Wanted, &'static str);

/// With another of these, nothing else means anything.
const FIRST: [Row; 2] = [
    ("SEL4_ARCH", "KernelSel4Arch", Is("aarch64"), "our programs are for AArch64"),
    ("PLAT", "KernelPlatform", AsOurs, "the board is another one"),
];

const ROWS: [Row; 13] = [
    ("ARM_HYPERVISOR_SUPPORT", "KernelArmHypervisorSupport", Is("true"), "virtual machines need vCPUs"),
    ("KERNEL_MCS", "KernelIsMCS", Is("true"), "budgets need scheduling contexts"),
    ("MAX_NUM_NODES", "KernelMaxNumNodes", Is("1"), "one core is what the system knows"),
    ("ENABLE_SMP_SUPPORT", "KernelMaxNumNodes", Is("false"), "one core is what the system knows"),
    (
        "ROOT_CNODE_SIZE_BITS",
        "KernelRootCNodeSizeBits",
        AtLeast(17),
        "every page of the system's image has a capability",
    ),
    ("NUM_PRIORITIES", "KernelNumPriorities", Is("256"), "descriptions use priorities up to 254"),
    ("ARM_GIC_V3_SUPPORT", "QEMU_GIC_VERSION", Is("false"), "the VMM's interrupt controller is a GICv2"),
    ("AARCH64_USER_CACHE_ENABLE", "KernelAArch64UserCacheEnable", Is("true"), "the VMM cleans the guest's memory"),
    ("EXPORT_VCNT_USER", "KernelArmExportVCNTUser", Is("true"), "the VMM reads the virtual counter"),
    (
        "VTIMER_UPDATE_VOFFSET",
        "KernelArmVtimerUpdateVOffset",
        Is("false"),
        "the VMM takes the virtual counter for the guest's",
    ),
    ("DISABLE_WFI_WFE_TRAPS", "KernelArmDisableWFIWFETraps", Is("false"), "the VMM sleeps when its guest waits"),
    ("ARM_TLS_REG", "KernelArmTLSReg", Is("tpidru"), "our programs find the IPC buffer by TPIDR_EL0"),
    ("ARM_SMMU", "KernelArmSMMU", Is("false"), "the system has no SMMU"),
];

/// Cores that our programs run on, as the configuration and as QEMU call them.
const CPUS: [(&str, &str); 3] =
    [("ARM_CORTEX_A53", "cortex-a53"), ("ARM_CORTEX_A57", "cortex-a57"), ("ARM_CORTEX_A72", "cortex-a72")];

/// Everything that is wrong, a line each: the key, its value, the value wanted, why, and what cmake calls it.
pub fn check(options: &Options, ours: &Options) -> Vec<String> {
    let look = |rows: &[Row]| -> Vec<String> { rows.iter().filter_map(|row| refuse(options, ours, row)).collect() };
    let first = look(&FIRST);
    if !first.is_empty() {
        return first;
    }
    let mut wrong = look(&ROWS);
    if cpu(options).is_none() {
        let names = CPUS.map(|(key, _)| key).join(", ");
        wrong.push(format!("none of {names} is true, wanted one of them: these cores are tested (cmake's ARM_CPU)"));
    }
    wrong
}

/// The core that the kernel was built for.
pub fn cpu(options: &Options) -> Option<&'static str> {
    CPUS.iter().find(|(key, _)| options.is_true(key)).map(|(_, name)| *name)
}

fn refuse(options: &Options, ours: &Options, (key, cmake, wanted, why): &Row) -> Option<String> {
    let found = options.get(key);
    let (good, words) = match wanted {
        Is(value) => (found == Some(*value), value.to_string()),
        AtLeast(least) => (options.number(key).is_some_and(|number| number >= *least), format!("{least} or more")),
        AsOurs => (found == ours.get(key), ours.get(key).unwrap_or_default().to_string()),
    };
    let is = found.map_or_else(|| "is not there".into(), |value| format!("is {value}"));
    (!good).then(|| format!("{key} {is}, wanted {words}: {why} (cmake's {cmake})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn documented() -> String {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernel-config/qemu_virt_aarch64/gen_config.json");
        let text = std::fs::read_to_string(file).unwrap();
        text.trim_end().trim_end_matches('}').to_string() + r#", "ARM_TLS_REG": "tpidru"}"#
    }

    fn check_text(text: &str) -> Vec<String> {
        check(&Options::parse(text).unwrap(), &Options::parse(&documented()).unwrap())
    }

    fn wrong(from: &str, to: &str) -> Vec<String> {
        let text = documented();
        assert!(text.contains(from), "{from}");
        check_text(&text.replace(from, to))
    }

    #[test]
    fn our_own_configuration_fits() {
        let options = Options::parse(&documented()).unwrap();
        assert_eq!(check_text(&documented()), Vec::<String>::new());
        assert_eq!(cpu(&options), Some("cortex-a57"));
    }

    #[test]
    fn each_wrong_key_is_named_with_the_value_wanted() {
        let only = |from, to| {
            let wrong = wrong(from, to);
            assert_eq!(wrong.len(), 1, "{wrong:?}");
            wrong[0].clone()
        };
        assert!(
            only(r#""SEL4_ARCH": "aarch64""#, r#""SEL4_ARCH": "x86_64""#)
                .starts_with("SEL4_ARCH is x86_64, wanted aarch64")
        );
        assert!(
            only(r#""PLAT": "qemu-arm-virt""#, r#""PLAT": "bcm2711""#)
                .starts_with("PLAT is bcm2711, wanted qemu-arm-virt")
        );
        assert!(
            only(r#""KERNEL_MCS": true"#, r#""KERNEL_MCS": false"#).starts_with("KERNEL_MCS is false, wanted true")
        );
        let line = only(r#""KERNEL_MCS": true"#, r#""KERNEL_MCS": false"#);
        assert!(line.ends_with(" (cmake's KernelIsMCS)"), "{line}");
        assert!(only(r#""MAX_NUM_NODES": "1""#, r#""MAX_NUM_NODES": "4""#).starts_with("MAX_NUM_NODES is 4, wanted 1"));
        let small = only(r#""ROOT_CNODE_SIZE_BITS": "17""#, r#""ROOT_CNODE_SIZE_BITS": "12""#);
        assert!(small.starts_with("ROOT_CNODE_SIZE_BITS is 12, wanted 17 or more"));
        assert!(only(r#""ARM_CORTEX_A57": true"#, r#""ARM_CORTEX_A57": false"#).contains("wanted one of them"));
    }

    #[test]
    fn several_are_named_together_and_so_is_an_absent_one() {
        let text = r#"{"SEL4_ARCH": "aarch64", "PLAT": "qemu-arm-virt"}"#;
        let wrong = check_text(text);
        assert_eq!(wrong.len(), ROWS.len() + 1);
        assert!(wrong.iter().any(|line| line.starts_with("KERNEL_MCS is not there, wanted true")));
    }
}
