class Certstow < Formula
  desc "Saves certificates with their keys as PKCS#12 files that are known to restore"
  homepage "@URL@"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    url "@URL@/releases/download/v@VERSION@/@MACOS@"
    sha256 "@MACOS_SHA256@"
  end

  on_linux do
    on_intel do
      url "@URL@/releases/download/v@VERSION@/@LINUX@"
      sha256 "@LINUX_SHA256@"
    end
    on_arm do
      url "@URL@/releases/download/v@VERSION@/@LINUX_ARM@"
      sha256 "@LINUX_ARM_SHA256@"
    end
  end

  def install
    bin.install "certstow"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/certstow.bash" => "certstow"
    fish_completion.install "completions/certstow.fish"
    zsh_completion.install "completions/_certstow"
    doc.install "README.md", "CHANGELOG.md", "docs"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/certstow --version")
  end
end
