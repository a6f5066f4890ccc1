// SPDX-License-Identifier: MIT OR Apache-2.0
//! Descriptions that somebody has made large on purpose: as much is said of them as a person reads, in the time that it
//! takes to read them.

use std::path::Path;

use lazaret_board::Board;
use lazaret_diagnostic::Diagnostic;
use lazaret_sdf::{SearchPath, load, load_text};

/// All that is printed: for more than this nobody scrolls.
const MOST_PRINTED: usize = 400_000;
/// Errors that are shown, and the line that says how many are not.
const MOST_ERRORS: usize = 101;

fn board() -> Board {
    Board::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernel-config"), "qemu_virt_aarch64").unwrap()
}

fn errors(text: &str) -> Vec<Diagnostic> {
    load_text(Path::new("large.system"), text, &board(), &SearchPath::unchecked()).unwrap_err()
}

/// Processor time of this thread: another program may have the processor meanwhile.
fn seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

/// Reads and prints; each second of processor time is much for what these take.
fn printed(text: &str) -> String {
    let start = seconds();
    let errors = errors(text);
    assert!(errors.len() <= MOST_ERRORS, "{}", errors.len());
    let all: String = errors.iter().flat_map(|error| [error.render(), "\n".into()]).collect();
    let json: usize = errors.iter().map(|error| serde_json::to_string(&error.to_json()).unwrap().len()).sum();
    let spent = seconds() - start;
    assert!(spent < 10.0, "{spent} s for {} bytes", text.len());
    assert!(all.len() < MOST_PRINTED && json < MOST_PRINTED, "{} and {json} bytes", all.len());
    all
}

#[test]
fn thousands_of_mistakes_in_one_line() {
    let text = format!("<system>{}</system>", "<protection_domian name=\"a\" />".repeat(3000));
    let all = printed(&text);
    assert!(all.contains("Unknown element 'protection_domian'") && all.contains("did you mean 'protection_domain'?"));
    assert!(all.contains("At least 2901 more errors are not shown"), "{}", &all[all.len() - 500..]);
}

#[test]
fn elements_in_elements_in_elements() {
    for name in ["protection_domain", "x"] {
        let text =
            format!("<system>{}{}</system>", format!("<{name}>").repeat(300_000), format!("</{name}>").repeat(300_000));
        assert!(printed(&text).contains("More than 32768 elements, texts and comments"));
        let fewer =
            format!("<system>{}{}</system>", format!("<{name}>").repeat(30_000), format!("</{name}>").repeat(30_000));
        printed(&fewer);
    }
}

#[test]
fn one_of_each_kind_too_often() {
    let body = "<protection_domain name=\"p\"><program_image path=\"x.elf\" /></protection_domain>";
    let many = |element: &dyn Fn(usize) -> String| (0..16_000).map(element).collect::<String>();
    // The same place, the same name, the same id, again and again.
    for element in [
        "<memory_region name=\"r\" size=\"0x1000\" phys_addr=\"0x5000_0000\" />",
        "<channel><end pd=\"p\" id=\"0\" /></channel>",
        "<domains />",
    ] {
        printed(&format!("<system>{body}{}</system>", many(&|_| element.into())));
    }
    // None the same, all in the way of each other, and all without a program's variable.
    let regions = many(&|n| {
        format!("<memory_region name=\"r{n}\" size=\"0x2000\" phys_addr=\"{:#x}\" />", 0x5000_0000 + 0x1000 * n)
    });
    printed(&format!("<system>{body}{regions}</system>"));
    let maps = many(&|n| format!("<map mr=\"r\" vaddr=\"{:#x}\" setvar_vaddr=\"v{n}\" />", 0x200_0000 + 0x1000 * n));
    let region = "<memory_region name=\"r\" size=\"0x2000\" />";
    let program = "<program_image path=\"x.elf\" />";
    printed(&format!("<system>{region}<protection_domain name=\"p\">{program}{maps}</protection_domain></system>"));
}

#[test]
fn long_names_and_values() {
    let long = "n".repeat(1 << 20);
    for text in [
        format!("<system><{long} /></system>"),
        format!("<system {long}=\"1\" />"),
        format!("<system><memory_region name=\"a\" size=\"{long}\" /></system>"),
        format!("<system><memory_region name=\"{long}\" size=\"1\" /></system>"),
        format!("<system><protection_domain name=\"{long}\" /></system>"),
        format!("<system><protection_domain name=\"a\"><map mr=\"{long}\" vaddr=\"0\" /></protection_domain></system>"),
        format!("<system>{long}</system>"),
    ] {
        assert!(printed(&text).len() < 20_000);
    }
}

#[test]
fn a_file_that_is_no_description_is_not_read_to_its_end() {
    let path = std::env::temp_dir().join(format!("lazaret-large-{}.system", std::process::id()));
    // A terabyte of nothing.
    std::fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let errors = load(&path, &board(), &SearchPath::unchecked()).unwrap_err();
    std::fs::remove_file(path).unwrap();
    assert!(errors[0].what.contains("is larger than 16 MiB"), "{}", errors[0].what);
}
