// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table is whole, and the pages say what it says. After a change that is meant, `LAZARET_BLESS=1` writes them anew.

use lazaret_abi::{END, Needs, Object, ROWS, Row, Switch, row};
use std::fmt::Write;
use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- extension: generated from components/abi/lazaret, do not edit -->\n";
const FINISH: &str = "<!-- extension: end -->\n";

/// Text of a doc comment, without the links that only rustdoc follows.
fn plain(doc: &str) -> String {
    doc.trim().replace("[`crate::", "`").replace("`]", "`").replace("[`", "`").replace("fault_context::", "")
}

fn object(object: Object) -> &'static str {
    match object {
        Object::Vcpu => "VCPU",
        Object::VSpace => "VSpace",
        Object::PageTable => "PageTable",
        Object::Frame => "Frame",
        Object::Notification => "Notification",
    }
}

fn needs(needs: Needs) -> &'static str {
    match needs {
        Needs::Nothing => "",
        Needs::Stopped => "The vCPU is stopped.",
        Needs::Halted => "The vCPU is stopped or waits with a fault.",
    }
}

fn message(row: &Row) -> String {
    let words = row.words.iter().map(|word| {
        let doc = plain(word.doc);
        format!("`{}`: {}", word.name, doc.trim_end_matches('.'))
    });
    let caps = row.caps.iter().map(|&cap| format!("capability: {}", object(cap)));
    let all: Vec<_> = words.chain(caps).collect();
    if all.is_empty() { "nothing".into() } else { all.join("; ") }
}

fn refusals(row: &Row) -> String {
    row.errors.iter().map(|(error, when)| format!("{error:?}: {when}")).collect::<Vec<_>>().join("; ")
}

/// The table as Markdown.
fn page() -> String {
    let mut page = String::new();
    page += "Every part can be left out of a kernel by its key in `gen_config.json`; each invocation of it then answers IllegalOperation, as on a seL4. `VCPU_Extensions` says which parts there are.\n\n";
    page += "| part | key | its bit |\n|---|---|---|\n";
    for &switch in Switch::ALL {
        writeln!(page, "| {switch:?} | `{}` | {} |", switch.key(), switch as u8).unwrap();
    }
    page += "\nAny message that is too short is refused with TruncatedMessage, a word that names nothing with InvalidArgument and its number, an extra capability to another kind of object with InvalidCapability and its number; then nothing was done.\n\n";
    page += "| invocation | what it does | message | answer | refused | instructions at most | part | without it there is no |\n|---|---|---|---|---|---|---|---|\n";
    for row in ROWS {
        let what = [plain(row.doc), needs(row.needs).into()].join(" ");
        writeln!(
            page,
            "| `{}` | {} | {} | {} | {} | {} | {:?} | {} |",
            row.name,
            what.trim(),
            message(row),
            row.answer,
            refusals(row),
            row.cost,
            row.switch,
            row.without
        )
        .unwrap();
    }
    page
}

fn components() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn compare(path: &Path, expected: &str) {
    if std::env::var_os("LAZARET_BLESS").is_some() {
        return std::fs::write(path, expected).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == expected, "{} is not what the table says; LAZARET_BLESS=1 writes it", path.display());
}

#[test]
fn the_pages_have_it() {
    compare(&components().join("abi/lazaret/extension.md"), &page());
    let readme = components().join("microkernel/README.md");
    let text = std::fs::read_to_string(&readme).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("a place for the table");
    let (_, after) = rest.split_once(FINISH).expect("the end of the place for the table");
    compare(&readme, &[before, BEGIN, &page(), FINISH, after].concat());
}

#[test]
fn rows_stand_by_label() {
    for (row, label) in ROWS.iter().zip(sel4_abi::invocation::FIRST_EXTENSION..) {
        assert_eq!(row.label, label, "{}", row.name);
        assert_eq!(lazaret_abi::row(label).map(|row| row.name), Some(row.name));
    }
    assert!(row(END).is_none() && row(sel4_abi::invocation::FIRST_EXTENSION - 1).is_none());
}

#[test]
fn rows_are_complete_and_do_not_hold_interrupts_for_long() {
    for row in ROWS {
        assert!(!row.doc.is_empty() && !row.without.is_empty(), "{}", row.name);
        assert!((1..=20_000).contains(&row.cost), "{}: {}", row.name, row.cost);
        for word in row.words {
            assert!(!word.doc.is_empty() && !word.good.is_empty(), "{}: {}", row.name, word.name);
            assert!(word.good.iter().all(|word_| !word.bad.contains(word_)), "{}: {}", row.name, word.name);
        }
    }
    let mut names: Vec<_> = ROWS.iter().map(|row| row.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ROWS.len());
}

#[test]
fn bad_words_name_nothing() {
    use lazaret_abi::fault_context::ReplyRegister;
    use lazaret_abi::{
        Argument, DebugRegister, DoorbellFlags, DoorbellWidth, Group, Injection, LogFlags, PageRights, VcpuState,
    };
    fn holds<T: Argument>() {
        assert!(T::GOOD.iter().all(|&word| T::from_word(word).is_some_and(|value| value.to_word() == word)));
        assert!(T::BAD.iter().all(|&word| T::from_word(word).is_none()));
    }
    holds::<u64>();
    holds::<DebugRegister>();
    holds::<VcpuState>();
    holds::<Group>();
    holds::<ReplyRegister>();
    holds::<PageRights>();
    holds::<LogFlags>();
    holds::<Injection>();
    holds::<DoorbellWidth>();
    holds::<DoorbellFlags>();
}
