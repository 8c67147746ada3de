//! Rebuilds the crate when an asset comes or goes: the folder is embedded, but cargo knows only the files that were there.
fn main() {
    println!("cargo:rerun-if-changed=../../assets");
}
