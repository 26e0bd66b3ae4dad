//! What the program says when it refuses, warns or remarks: whole commands, and the words that they end with.
//!
//! Each area is a script, `messages/AREA.txt`, with its output next to it, `messages/AREA.snap`; `messages/script.rs` says how a script is
//! written. `messages/coverage.rs` compares the words in the sources with all snapshots.
#![cfg(target_os = "linux")]

#[path = "messages/coverage.rs"]
mod coverage;
mod moving;
mod page;
#[path = "messages/script.rs"]
mod script;
#[path = "messages/servers.rs"]
mod servers;
mod serving;
#[cfg(feature = "train")]
mod trained;

/// Runs the script of an area and compares what was said.
fn check(area: &str) {
    let place = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/messages");
    let text = std::fs::read_to_string(place.join(format!("{area}.txt"))).expect("a script");
    let said = script::said(&text);
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "messages" }, {
        insta::assert_snapshot!(area, said);
    });
}

macro_rules! areas {
    ($($(#[$gate:meta])* $area:ident),+ $(,)?) => {
        $(
            #[test]
            $(#[$gate])*
            fn $area() {
                check(stringify!($area));
            }
        )+

        /// A script that no test runs would check nothing.
        #[test]
        fn every_script_is_run() {
            let run = [$(stringify!($area)),+];
            let place = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/messages");
            for entry in std::fs::read_dir(place).expect("the scripts") {
                let path = entry.expect("a file").path();
                let name = path.file_stem().expect("a name").to_string_lossy();
                let script = path.extension().is_some_and(|ending| ending == "txt") && name != "never";
                assert!(!script || run.contains(&name.as_ref()), "{name}.txt is not among the areas");
            }
        }
    };
}

areas! {
    arguments,
    asking,
    compare,
    dissect,
    explain,
    export,
    filters,
    fit,
    formats,
    #[cfg(not(feature = "local"))]
    without_local,
    #[cfg(feature = "local")]
    local,
    #[cfg(feature = "serve")]
    pages,
    places,
    rank,
    reading,
    recipes,
    rerun,
    #[cfg(feature = "serve")]
    serve,
    steer,
    studies,
    #[cfg(feature = "train")]
    train,
    validity,
    verify,
}
