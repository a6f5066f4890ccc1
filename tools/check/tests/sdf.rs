// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every description in `tests/sdf` gives exactly what its `.txt` says: all that `check` prints, and its exit code.
//!
//! After a change that is meant, `LAZARET_BLESS=1 cargo test -p lazaret-check --test sdf` writes the files anew; read
//! the difference before it is committed.

mod tiny_elf;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lazaret_board::Board;
use lazaret_sdf::SearchPath;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn folder() -> PathBuf {
    root().join("tests/sdf")
}

fn board() -> Board {
    Board::load(&root().join("kernel-config"), "qemu_virt_aarch64").unwrap()
}

fn stems(extension: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|e| e == extension));
    files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_string()).collect()
}

/// What `check` prints, with the folder's name as from the project's root.
fn verdict(stem: &str, json: bool) -> (String, u8) {
    let system = folder().join(format!("{stem}.system"));
    let files = SearchPath::new(Vec::<PathBuf>::new());
    let options = lazaret_check::Options { system, board: board(), files, json, colour: false };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = lazaret_check::run(&options, &mut out, &mut err).unwrap();
    let text = [err, out].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (text.replace(folder().to_str().unwrap(), "tests/sdf"), code)
}

fn blessing() -> bool {
    std::env::var_os("LAZARET_BLESS").is_some()
}

#[test]
fn every_description_gives_exactly_its_expectation() {
    let descriptions = stems("system");
    assert!(descriptions.len() > 200, "only {} descriptions found", descriptions.len());
    let mut faults = Vec::new();
    for stem in &descriptions {
        let (text, code) = verdict(stem, false);
        let text = format!("{text}exit {code}\n");
        let expectation = folder().join(format!("{stem}.txt"));
        if blessing() {
            std::fs::write(&expectation, &text).unwrap();
        }
        match std::fs::read_to_string(&expectation) {
            Ok(expected) if expected == text => {}
            Ok(expected) => faults.push(format!("== {stem}: expected\n{expected}-- but got\n{text}")),
            Err(_) => faults.push(format!("== {stem}: no expectation; it gives\n{text}")),
        }
    }
    assert!(faults.is_empty(), "{} of {} differ:\n{}", faults.len(), descriptions.len(), faults.join("\n"));
}

#[test]
fn no_expectation_is_without_its_description() {
    let left: Vec<_> = stems("txt").difference(&stems("system")).cloned().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn good_ones_pass_and_all_others_fail_with_a_place() {
    for stem in stems("system") {
        let (text, code) = verdict(&stem, false);
        if stem.starts_with("good_") {
            assert_eq!(code, 0, "{stem}: {text}");
            continue;
        }
        assert_eq!(code, 2, "{stem}: {text}");
        let first = text.lines().next().unwrap();
        assert!(first.starts_with("Error: "), "{stem}: {first}");
        let place = first.rsplit_once(": ").unwrap().1;
        let mut parts = place.rsplitn(3, ':');
        let [col, row] = [(); 2].map(|()| parts.next().unwrap().parse::<usize>().unwrap());
        assert!(row > 0 && col > 0, "{stem}: {first}");
        let file = if stem.starts_with("policy_") { "policy" } else { "system" };
        assert_eq!(parts.next().unwrap(), format!("tests/sdf/{stem}.{file}"), "{stem}");
    }
}

#[test]
fn json_says_the_same() {
    for stem in stems("system") {
        let (text, text_code) = verdict(&stem, false);
        let (json, code) = verdict(&stem, true);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(code, text_code, "{stem}");
        assert_eq!(value["valid"], code == 0, "{stem}");
        let headlines = text.lines().filter(|line| line.starts_with("Error: ")).collect::<Vec<_>>();
        let messages: Vec<_> =
            value["errors"].as_array().unwrap().iter().map(|e| e["message"].as_str().unwrap()).collect();
        assert_eq!(messages, headlines, "{stem}");
    }
}

#[test]
fn program_images_are_what_the_writer_writes() {
    for (name, bytes) in tiny_elf::all() {
        let path = folder().join("files").join(name);
        if blessing() {
            std::fs::write(&path, &bytes).unwrap();
        }
        assert!(std::fs::read(&path).is_ok_and(|found| found == bytes), "{name} differs; LAZARET_BLESS=1 writes it");
    }
}

#[test]
fn without_its_files_a_description_still_loads_for_a_picture() {
    for stem in stems("system").iter().filter(|stem| stem.starts_with("good_")) {
        let path = folder().join(format!("{stem}.system"));
        let text = std::fs::read_to_string(&path).unwrap();
        let system = lazaret_sdf::load_text(&path, &text, &board(), &SearchPath::unchecked());
        assert!(system.is_ok(), "{stem}: {:?}", system.unwrap_err());
    }
}

#[test]
fn a_description_that_is_not_there_is_an_error() {
    let errors = lazaret_sdf::load(Path::new("no/such.system"), &board(), &SearchPath::unchecked()).unwrap_err();
    assert!(errors[0].headline().starts_with("Error: The file cannot be read"), "{}", errors[0].headline());
}
