//! Where a program with run-time kernels finds llama.cpp's shared libraries: next to it, as `scripts/package.sh` arranges them and as cargo
//! leaves them.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let unix = std::env::var_os("CARGO_CFG_UNIX").is_some();
    if unix && std::env::var_os("CARGO_FEATURE_LOCAL_DISPATCH").is_some() {
        println!("cargo:rustc-link-arg-bins=-Wl,-rpath,$ORIGIN/../lib/predilect:$ORIGIN");
    }
}
