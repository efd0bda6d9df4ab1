#!/bin/sh
# Makes the certificates and keys of this folder anew, with OpenSSL 3: ./make.sh
# Needed only to add one: the tests read the committed files.
set -eu
cd "$(dirname "$0")"
days=36500

# key NAME ALGORITHM [genpkey options]: a PKCS#8 key in NAME.key
key() {
    name=$1 algorithm=$2
    shift 2
    openssl genpkey -quiet -algorithm "$algorithm" "$@" -out "$name.key" 2>/dev/null ||
        openssl genpkey -algorithm "$algorithm" "$@" -out "$name.key" 2>/dev/null
}
ec() { key "$1" EC -pkeyopt "ec_paramgen_curve:$2"; }

# root NAME SUBJECT KEY [req options]: a self-signed CA certificate in NAME.pem
root() {
    name=$1 subject=$2 key=$3
    shift 3
    openssl req -x509 -new -key "$key.key" -subj "$subject" -days $days \
        -addext keyUsage=critical,keyCertSign "$@" -out "$name.pem" 2>/dev/null
}

# issue NAME SUBJECT KEY ISSUER ISSUER_KEY CA: a certificate in NAME.pem
issue() {
    name=$1 subject=$2 key=$3 issuer=$4 issuer_key=$5 ca=$6
    printf 'basicConstraints=critical,CA:%s\nsubjectKeyIdentifier=hash\n' "$ca" >extensions.tmp
    printf 'authorityKeyIdentifier=keyid\n' >>extensions.tmp
    openssl req -new -key "$key.key" -subj "$subject" -out request.tmp 2>/dev/null
    openssl x509 -req -in request.tmp -CA "$issuer.pem" -CAkey "$issuer_key.key" \
        -set_serial "0x$(openssl rand -hex 8)" -days "$days" -extfile extensions.tmp \
        -out "$name.pem" 2>/dev/null
}

key rsa RSA -pkeyopt rsa_keygen_bits:2048
key rsa2 RSA -pkeyopt rsa_keygen_bits:2048
ec p256 P-256
ec p384 P-384
ec p521 P-521
key ed25519 ED25519
key ed448 ED448
key pss RSA-PSS -pkeyopt rsa_keygen_bits:2048
[ -f rsa10240.key ] || key rsa10240 RSA -pkeyopt rsa_keygen_bits:10240

# A usual hierarchy: RSA root, P-256 intermediate, Ed25519 leaf; the intermediate once more, expired.
root root '/O=Example/CN=Example Root' rsa
issue intermediate '/O=Example/CN=Example Intermediate' p256 root rsa TRUE
days=1
issue short '/O=Example/CN=Example Intermediate' p256 root rsa TRUE
days=36500
issue leaf '/CN=Leaf' ed25519 intermediate p256 FALSE

# The root cross-signed by another one, and roots of the same name with another key.
root other-root '/O=Example/CN=Other Root' p384
issue cross '/O=Example/CN=Example Root' rsa other-root p384 TRUE
root namesake '/O=Example/CN=Example Root' rsa2
root namesake-no-id '/O=Example/CN=Example Root' rsa2 -addext subjectKeyIdentifier=none \
    -addext authorityKeyIdentifier=none

# Two CAs that signed each other and nobody else.
root loop-a-self '/CN=Loop A' p256
issue loop-b '/CN=Loop B' p384 loop-a-self p256 TRUE
issue loop-a '/CN=Loop A' p256 loop-b p384 TRUE
issue loop-leaf '/CN=Loop Leaf' ed25519 loop-a p256 FALSE

# One name in two string types, cases and spacings (here the root is the one that says PrintableString).
printf '[req]\nstring_mask=nombstr\ndistinguished_name=dn\nx509_extensions=ca\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\n' >printable.tmp
printf '[req]\nstring_mask=utf8only\ndistinguished_name=dn\nx509_extensions=ca\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\n' >utf8.tmp
openssl req -x509 -new -key p384.key -config printable.tmp -days $days \
    -subj '/C=DE/O=Spelling  Example/CN=Root' -out printable-root.pem
openssl req -x509 -new -key p384.key -config utf8.tmp -days $days \
    -subj '/C=DE/O=SPELLING example/CN=root' -out utf8-root.pem
issue spelling-leaf '/CN=Spelling Leaf' ed25519 utf8-root p384 FALSE

# Every signature algorithm, each on a self-signed certificate.
for hash in sha1 sha224 sha256 sha384 sha512 md5; do
    root "rsa-$hash" "/CN=rsa $hash" rsa -$hash
done
issue under-md5 '/CN=Under MD5' ed25519 rsa-md5 rsa FALSE
for curve in p256 p384 p521; do
    for hash in sha1 sha224 sha256 sha384 sha512; do
        root "$curve-$hash" "/CN=$curve $hash" $curve -$hash
    done
done
for hash in sha1 sha256 sha384 sha512; do
    root "pss-$hash" "/CN=pss $hash" rsa -$hash -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest
done
root pss-mixed '/CN=pss mixed' rsa -sha512 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:7 \
    -sigopt rsa_mgf1_md:sha1
root pss-no-salt '/CN=pss no salt' rsa -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:0
root pss-key '/CN=pss key' pss -sha256
root ed25519-root '/CN=ed25519' ed25519
root ed448-root '/CN=ed448' ed448
root rsa10240-root '/CN=rsa 10240' rsa10240

rm -f ./*.tmp loop-a-self.pem rsa10240.key
