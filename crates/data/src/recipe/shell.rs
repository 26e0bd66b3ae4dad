//! How is an argument of a proposed command quoted for a shell?

/// An argument as a shell takes it.
pub(crate) fn shell(argument: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_.-/:=,@%+".contains(c);
    if argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}
