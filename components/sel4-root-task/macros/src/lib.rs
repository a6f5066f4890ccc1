// SPDX-License-Identifier: MIT OR Apache-2.0
//! The attribute macro of `sel4-root-task`; use it through that crate.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

use proc_macro::{TokenStream, TokenTree};

/// Makes a function the program's entry. Takes `stack_size = <bytes>`.
#[proc_macro_attribute]
pub fn root_task(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut tokens = item.clone().into_iter();
    let keyword = tokens.find(|token| matches!(token, TokenTree::Ident(word) if word.to_string() == "fn"));
    let Some(TokenTree::Ident(name)) = keyword.and_then(|_| tokens.next()) else {
        return "::core::compile_error!(\"expected a function\");".parse().expect("written here");
    };
    let text = format!("::sel4_root_task::declare_root_task! {{ main = {name}, {attribute} }}");
    let mut out: TokenStream = text.parse().expect("attribute tokens parse again");
    out.extend(item);
    out
}
