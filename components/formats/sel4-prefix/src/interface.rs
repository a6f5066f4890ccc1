// SPDX-License-Identifier: MIT OR Apache-2.0
//! The labels of an installed kernel's invocations, from the interface files that libsel4 is generated from: methods
//! are numbered in order, without those whose condition does not hold.

use std::path::Path;

use anyhow::Context;
use roxmltree::{Document, Node};

use crate::Options;

/// In the order of the labels.
pub const INTERFACE_FILES: [&str; 3] = [
    "libsel4/include/interfaces/object-api.xml",
    "libsel4/include/interfaces/object-api-sel4-arch.xml",
    "libsel4/include/interfaces/object-api-arch.xml",
];

/// Ids of the invocations, the first of label 1.
pub fn labels(prefix: &Path, options: &Options) -> anyhow::Result<Vec<String>> {
    let mut labels = Vec::new();
    for file in INTERFACE_FILES {
        let path = prefix.join(file);
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        labels.extend(methods(&text, options).with_context(|| path.display().to_string())?);
    }
    Ok(labels)
}

fn methods(text: &str, options: &Options) -> anyhow::Result<Vec<String>> {
    let document = Document::parse(text)?;
    let mut ids = Vec::new();
    for method in document.descendants().filter(|node| node.has_tag_name("method")) {
        let id = method.attribute("id").context("a method without an id")?;
        let condition = method.children().find(|node| node.has_tag_name("condition"));
        // A method that two interfaces share has one label.
        if condition.is_none_or(|node| all(node, options)) && !ids.iter().any(|other| other == id) {
            ids.push(id.to_string());
        }
    }
    Ok(ids)
}

fn all(node: Node<'_, '_>, options: &Options) -> bool {
    node.children().filter(Node::is_element).all(|child| holds(child, options))
}

fn holds(node: Node<'_, '_>, options: &Options) -> bool {
    match node.tag_name().name() {
        "config" => {
            let key = node.attribute("var").unwrap_or("");
            options.is_true(key.strip_prefix("CONFIG_").unwrap_or(key))
        }
        "not" => !all(node, options),
        "or" => node.children().filter(Node::is_element).any(|child| holds(child, options)),
        _ => all(node, options),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"<api name="x">
        <interface name="a"><method id="One" name="one"/>
        <method id="Old" name="old"><condition><not><config var="CONFIG_KERNEL_MCS"/></not></condition></method>
        <method id="Two" name="two"><condition><config var="CONFIG_KERNEL_MCS"/></condition></method></interface>
        <interface name="b"><method id="One" name="again" duplicate="true"/>
        <method id="Three" name="three"><condition><and><config var="CONFIG_KERNEL_MCS"/><not><config var="CONFIG_S"/></not></and>
        </condition></method></interface></api>"#;

    #[test]
    fn methods_are_numbered_by_their_conditions() {
        let mcs = Options::parse(r#"{"KERNEL_MCS": true, "S": false}"#).unwrap();
        assert_eq!(methods(FILE, &mcs).unwrap(), ["One", "Two", "Three"]);
        let old = Options::parse(r#"{"KERNEL_MCS": false, "S": true}"#).unwrap();
        assert_eq!(methods(FILE, &old).unwrap(), ["One", "Old"]);
        assert!(methods("<api><method/></api>", &mcs).is_err());
        assert!(methods("no xml", &mcs).is_err());
    }
}
