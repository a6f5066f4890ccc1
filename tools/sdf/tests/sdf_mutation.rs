// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whatever is done to a good description, reading it ends with a system or with errors that can be shown.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use lazaret_board::Board;
use lazaret_sdf::SearchPath;
use proptest::prelude::*;

/// What is put in: values at the edge, words in the wrong place, broken XML.
const PIECES: &[&str] = &[
    "0",
    "-1",
    "0x",
    "0xffff_ffff_ffff_ffff",
    "18446744073709551615",
    "0xffff_ffff_ffff_f000",
    "0x1000",
    "0x200_000",
    "62",
    "255",
    "256",
    "",
    " ",
    "\"",
    "<",
    ">",
    "/>",
    "&",
    "&lt;",
    "<!--",
    "-->",
    "<![CDATA[x]]>",
    "\u{0}",
    "é",
    "𝄞",
    "\r\n",
    "true",
    "false",
    "pp=\"true\" ",
    "id=\"0\" ",
    "name=\"a\" ",
    "vaddr=\"0xfff_ffff_f000\" ",
    "size=\"0\" ",
    "phys_addr=\"0xffff_ffff_ffff_f000\" ",
    "page_size=\"0x200000\" ",
    "setvar_vaddr=\"\" ",
    "xmlns=\"urn:x\" ",
    "x:y=\"z\" ",
    "<system>",
    "</system>",
    "<protection_domain name=\"a\" id=\"1\">",
    "</protection_domain>",
    "<vcpu id=\"0\" />",
    "<virtual_machine name=\"v\">",
    "</virtual_machine>",
    "<channel>",
    "</channel>",
    "<end pd=\"a\" id=\"0\" />",
    "<map mr=\"buffer\" vaddr=\"0x1000\" />",
    "<memory_region name=\"buffer\" size=\"0xffff_ffff_ffff_f000\" />",
    "<domains>",
    "</domains>",
    "<cspace>",
    "</cspace>",
    "<cap_sc slot=\"1\" pd=\"a\" />",
    "<irq irq=\"33\" id=\"0\" />",
];

#[derive(Debug, Clone)]
enum Mutation {
    Insert(usize, usize),
    Delete(usize, usize),
    Duplicate(usize, usize, usize),
    Replace(usize, char),
    Truncate(usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<usize>();
    prop_oneof![
        4 => (at, 0..PIECES.len()).prop_map(|(at, piece)| Mutation::Insert(at, piece)),
        4 => (at, 1..60usize).prop_map(|(at, len)| Mutation::Delete(at, len)),
        2 => (at, 1..200usize, at).prop_map(|(from, len, to)| Mutation::Duplicate(from, len, to)),
        4 => (at, any::<char>()).prop_map(|(at, c)| Mutation::Replace(at, c)),
        1 => at.prop_map(Mutation::Truncate),
    ]
}

fn apply(text: &mut Vec<char>, mutation: &Mutation) {
    let within = |at: usize, text: &[char]| at % (text.len() + 1);
    match *mutation {
        Mutation::Insert(at, piece) => {
            let at = within(at, text);
            text.splice(at..at, PIECES[piece].chars());
        }
        Mutation::Delete(at, len) => {
            let at = within(at, text);
            text.drain(at..(at + len).min(text.len()));
        }
        Mutation::Duplicate(from, len, to) => {
            let from = within(from, text);
            let piece = text[from..(from + len).min(text.len())].to_vec();
            let to = within(to, text);
            text.splice(to..to, piece);
        }
        Mutation::Replace(at, c) => {
            let at = within(at, text);
            if let Some(place) = text.get_mut(at) {
                *place = c;
            }
        }
        Mutation::Truncate(at) => text.truncate(within(at, text)),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn board() -> &'static Board {
    static BOARD: OnceLock<Board> = OnceLock::new();
    BOARD.get_or_init(|| Board::load(&root().join("kernel-config"), "qemu_virt_aarch64").unwrap())
}

fn good() -> &'static [String] {
    static GOOD: OnceLock<Vec<String>> = OnceLock::new();
    GOOD.get_or_init(|| {
        let files = std::fs::read_dir(root().join("tests/sdf")).unwrap().map(|entry| entry.unwrap().path());
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        let good = files.filter(|path| name(path).starts_with("good_") && name(path).ends_with(".system"));
        good.map(|path| std::fs::read_to_string(path).unwrap()).collect()
    })
}

/// Reads, and shows whatever is to be shown.
fn read_and_show(text: &str) -> bool {
    let files = SearchPath::new([root().join("tests/sdf")]);
    match lazaret_sdf::load_text(Path::new("mutated.system"), text, board(), &files) {
        Ok(system) => {
            lazaret_sdf::warnings(&system, board()).iter().for_each(|warning| assert!(!warning.render().is_empty()));
            true
        }
        Err(errors) => {
            assert!(!errors.is_empty());
            for error in errors {
                assert!(error.headline().starts_with("Error: "));
                assert!(!error.render().is_empty() && !error.render_coloured().is_empty());
                serde_json::to_string(&error.to_json()).unwrap();
            }
            false
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_of_a_good_description_panics(
        which in any::<prop::sample::Index>(),
        mutations in prop::collection::vec(mutation(), 1..8),
    ) {
        let good = good();
        let mut text: Vec<char> = good[which.index(good.len())].chars().collect();
        for mutation in &mutations {
            apply(&mut text, mutation);
        }
        read_and_show(&text.into_iter().collect::<String>());
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        read_and_show(&text);
        read_and_show(&format!("<system>{text}</system>"));
    }
}

#[test]
fn the_unchanged_ones_are_good() {
    assert!(good().len() >= 18);
    assert!(good().iter().all(|text| read_and_show(text)));
}

#[test]
fn nesting_is_bounded_by_the_number_of_protection_domains() {
    let depth = 5_000;
    let open =
        |i: usize| format!("<protection_domain name=\"p{i}\" id=\"0\"><program_image path=\"files/program.elf\" />");
    let text = format!(
        "<system>{}{}</system>",
        (0..depth).map(open).collect::<String>(),
        "</protection_domain>".repeat(depth)
    );
    assert!(!read_and_show(&text));
}
