#!/bin/sh
# Brings Rust, and what it builds with, to a bare Debian 12: by a rustup whose sum is known.
set -eu
version=1.28.2
sum=20a06e644b0d9bd2fbdbfd52d42540bdde820ea7df86e92e533c073da0cdd43c
apt-get update
apt-get install --yes --no-install-recommends ca-certificates curl dpkg-dev gcc libc6-dev
cd "$(mktemp -d)"
curl --proto =https --tlsv1.2 --silent --show-error --fail --remote-name \
    "https://static.rust-lang.org/rustup/archive/$version/x86_64-unknown-linux-gnu/rustup-init"
echo "$sum  rustup-init" > sums
sha256sum --check sums
chmod +x rustup-init
./rustup-init -y --profile minimal --default-toolchain stable --no-modify-path
echo "$HOME/.cargo/bin" >> "$GITHUB_PATH"
