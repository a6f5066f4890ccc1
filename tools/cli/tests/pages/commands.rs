// SPDX-License-Identifier: MIT OR Apache-2.0
//! Commands in the pages are ones that the command line takes.

use std::collections::BTreeSet;

use clap::{CommandFactory, Parser};

use crate::page::Page;
use lazaret_cli::arguments::Arguments;

/// Lines of code and quoted words that call the command line: page, line and the words behind the program's name.
fn calls() -> Vec<(String, Vec<String>)> {
    let mut calls = Vec::new();
    for page in Page::all() {
        let code = page.lines().into_iter().filter(|(_, _, in_code)| *in_code).map(|(number, line, _)| (number, line));
        for (number, text) in code.chain(page.quoted()) {
            if let Some((_, call)) = text.split_once("tools/lazaret ") {
                // A CI's variable has spaces inside.
                let call = call.replace("${{ ", "${{").replace(" }}", "}}");
                calls.push((format!("{}:{number}", page.path), words(&call)));
            }
        }
    }
    calls
}

/// As a shell splits them, up to a comment or to the end of a quoted command.
fn words(call: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in call.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' => quote = Some(c),
            None if c == '\'' => break,
            None if c == ' ' => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    let words = words.into_iter().filter(|word| !word.is_empty());
    // The script takes that one for itself.
    words.take_while(|word| !word.starts_with('#')).filter(|word| word != "--yes").collect()
}

#[test]
fn every_command_parses() {
    let calls = calls();
    assert!(calls.len() > 10, "only {} commands were found", calls.len());
    let wrong = calls.iter().filter_map(|(place, words)| {
        // A number or a path that the example's shell puts in.
        let words = words.iter().map(|word| if word.contains('$') { "0/1" } else { word.as_str() });
        let error = Arguments::try_parse_from(["lazaret"].into_iter().chain(words)).err()?;
        Some(format!("{place}: {error}"))
    });
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The table of commands names each visible one, and no option that it does not have.
#[test]
fn the_table_of_commands_is_the_command_line_s() {
    let page = Page::read("tools/README.md");
    let command = Arguments::command();
    let mut named = BTreeSet::new();
    for row in page.rows_with("command") {
        let cell = row[0].1.trim_matches('`');
        let mut words = cell.split_whitespace();
        let mut found = command.find_subcommand(words.next().unwrap()).unwrap_or_else(|| panic!("no command {cell}"));
        named.insert(found.get_name().to_string());
        found = words.next().and_then(|word| found.find_subcommand(word)).unwrap_or(found);
        let options: BTreeSet<_> = found.get_arguments().filter_map(|argument| argument.get_long()).collect();
        let parts = cell.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        for option in parts.filter_map(|part| part.strip_prefix("--")) {
            assert!(options.contains(option), "{}: '{cell}' has no option --{option}", page.path);
        }
    }
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        let name = subcommand.get_name();
        assert!(named.contains(name), "{}: the table has no command {name}", page.path);
    }
}
