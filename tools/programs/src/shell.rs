// SPDX-License-Identifier: MIT OR Apache-2.0
//! Words of a command line that somebody may type or run: a POSIX shell takes them as they are.

/// A word, in quotes if a shell would see more in it than a word.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.into() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::process::Command;

    #[test]
    fn a_shell_gives_each_word_back() {
        let words =
            ["", "a b", "it's", "$(touch x)", "`x`", "a\nb", "*", "~", "#x", "\\", "a;b&c|d>e", "\"", "é", "-M", "!"];
        let line = words.map(quote).join(" ");
        let output = Command::new("sh").args(["-c", &format!("printf '%s\\0' {line}")]).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(said.split_terminator('\0').collect::<Vec<_>>(), words);
        assert_eq!(quote("virt,gic-version=2"), "virt,gic-version=2");
    }
}
