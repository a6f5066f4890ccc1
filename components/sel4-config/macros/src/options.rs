// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table of options that the build script wrote.

/// What a key maps to.
#[derive(Clone, Copy)]
pub enum Value {
    /// A switch.
    Bool(bool),
    /// Anything else, numbers included.
    Text(&'static str),
}

/// Every option, sorted by key.
pub static OPTIONS: &[(&str, Value)] = include!(concat!(env!("OUT_DIR"), "/options.rs"));

/// The value of a key.
pub fn get(key: &str) -> Result<Value, String> {
    match OPTIONS.binary_search_by(|(candidate, _)| (*candidate).cmp(key)) {
        Ok(index) => Ok(OPTIONS[index].1),
        Err(_) => Err(format!("no option `{key}` in gen_config.json")),
    }
}
