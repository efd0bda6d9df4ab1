#!/bin/sh
# Makes the fixtures of this folder anew, with OpenSSL 3, and keystores with Java 17. Test keys: worth nothing, protect nothing.
#
#   cd formats/tests/data && ./make.sh
#
# Every certificate is valid from 2020 to 2124 unless its name says otherwise. The password of
# everything encrypted is "fixture".
set -eu
rm -rf keys certificates files keystores
mkdir keys certificates files keystores
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The same key in every form certstow reads.
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out keys/rsa.pem
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out keys/ca.pem
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out keys/other.pem
openssl genpkey -quiet -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out keys/rsa-pss.pem
for curve in P-256 P-384 P-521; do
    openssl genpkey -quiet -algorithm EC -pkeyopt "ec_paramgen_curve:$curve" -out "keys/$curve.pem"
done
openssl genpkey -quiet -algorithm ED25519 -out keys/ed25519.pem
openssl genpkey -quiet -algorithm ED448 -out keys/ed448.pem
for key in rsa rsa-pss P-256 P-384 P-521 ed25519 ed448; do
    openssl pkey -in "keys/$key.pem" -pubout -out "keys/$key.public.pem"
done
openssl rsa -in keys/rsa.pem -traditional -out keys/rsa.pkcs1.pem 2>/dev/null
openssl rsa -in keys/rsa.pem -traditional -aes256 -passout pass:fixture -out keys/rsa.proc-type.pem 2>/dev/null
for curve in P-256 P-384 P-521; do
    openssl ec -in "keys/$curve.pem" -out "keys/$curve.sec1.pem" 2>/dev/null
    openssl ec -in "keys/$curve.pem" -no_public -out "keys/$curve.no-public.sec1.pem" 2>/dev/null
    openssl ec -in "keys/$curve.pem" -pubout -conv_form compressed -out "keys/$curve.compressed.pem" 2>/dev/null
done
{ openssl ecparam -name prime256v1; cat keys/P-256.sec1.pem; } > keys/P-256.with-parameters.pem
openssl pkcs8 -topk8 -in keys/P-256.pem -v2 aes256 -passout pass:fixture -out keys/P-256.encrypted.pem
openssl pkcs8 -topk8 -in keys/P-256.pem -scrypt -passout pass:fixture -out keys/P-256.scrypt.pem
openssl pkcs8 -topk8 -in keys/P-256.pem -v2 camellia-256-cbc -passout pass:fixture -out keys/P-256.camellia.pem
# As CAPI exports a key, and as CNG exports one that may leave encrypted only.
openssl rsa -in keys/rsa.pem -outform "MS PRIVATEKEYBLOB" -out keys/rsa.blob 2>/dev/null
openssl pkcs8 -topk8 -in keys/P-256.pem -v1 PBE-SHA1-3DES -iter 1 -passout pass:fixture -outform DER -out keys/P-256.3des.der
# As macOS wraps a key.
openssl pkcs8 -topk8 -in keys/rsa.pem -v2 des3 -v2prf hmacWithSHA1 -iter 2048 -passout pass:fixture -outform DER -out keys/rsa.wrapped.der
openssl pkcs8 -topk8 -in keys/ed448.pem -v2 aes256 -passout pass:fixture -out keys/ed448.encrypted.pem

# Certificates of a CA, by `openssl ca`, which takes any dates.
cat > "$work/ca.cnf" <<CONF
[ca]
default_ca = one
[one]
database = $work/index
crlnumber = $work/crlnumber
rand_serial = yes
new_certs_dir = $work
default_md = sha256
policy = any
email_in_dn = no
unique_subject = no
[any]
commonName = supplied
[end]
basicConstraints = CA:FALSE
keyUsage = digitalSignature, keyEncipherment
extendedKeyUsage = clientAuth, emailProtection
[issuer]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[req]
distinguished_name = name
prompt = no
[name]
CN = unused
CONF
: > "$work/index"
echo 01 > "$work/crlnumber"
certificate() { # name, key, subject, from, to, extensions
    openssl req -new -config "$work/ca.cnf" -key "keys/$2.pem" -subj "$3" -out "$work/$1.csr"
    shift_self=
    [ "$1" != ca ] || shift_self=-selfsign
    openssl ca -batch -notext -config "$work/ca.cnf" $shift_self -keyfile keys/ca.pem \
        ${shift_self:--cert certificates/ca.pem} -extensions "$6" -in "$work/$1.csr" \
        -startdate "$4" -enddate "$5" -out "certificates/$1.pem" 2>/dev/null
}
certificate ca ca "/CN=Fixture CA" 20200101000000Z 21240101000000Z issuer
certificate rsa rsa "/CN=Fixture RSA" 20200101000000Z 21240101000000Z end
certificate rsa-renewed rsa "/CN=Fixture RSA" 20210101000000Z 21240101000000Z end
certificate rsa-pss rsa-pss "/CN=Fixture RSASSA-PSS" 20200101000000Z 21240101000000Z end
certificate P-256 P-256 "/CN=Fixture P-256" 20200101000000Z 21240101000000Z end
certificate P-384 P-384 "/CN=Fixture P-384" 20200101000000Z 21240101000000Z end
certificate P-521 P-521 "/CN=Fixture P-521" 20200101000000Z 21240101000000Z end
certificate ed25519 ed25519 "/CN=Fixture Ed25519" 20200101000000Z 21240101000000Z end
certificate ed448 ed448 "/CN=Fixture Ed448" 20200101000000Z 21240101000000Z end
certificate expired P-384 "/CN=Fixture expired" 20200101000000Z 20210101000000Z end
certificate future P-521 "/CN=Fixture future" 21200101000000Z 21240101000000Z end
certificate keyless other "/CN=Fixture keyless" 20200101000000Z 21240101000000Z end
rm keys/other.pem
openssl ca -config "$work/ca.cnf" -gencrl -crldays 36500 -keyfile keys/ca.pem -cert certificates/ca.pem -out "$work/ca.crl"

# Files of other forms.
openssl x509 -in certificates/rsa.pem -outform DER -out files/rsa.der
openssl crl -in "$work/ca.crl" -outform DER -out files/ca.crl
openssl x509 -in certificates/rsa.pem -trustout -setalias trusted -out files/rsa.trusted.pem
openssl crl2pkcs7 -nocrl -certfile certificates/ca.pem -certfile certificates/rsa.pem -out files/chain.p7b.pem
openssl crl2pkcs7 -nocrl -certfile certificates/ca.pem -certfile certificates/rsa.pem -outform DER -out files/chain.p7b
# In BER, as OpenSSL streams it.
echo signed | openssl cms -sign -binary -stream -nodetach -signer certificates/rsa.pem -inkey keys/rsa.pem \
    -certfile certificates/ca.pem -outform DER -out files/signed.ber.p7b
for form in pkcs8 pkcs1 sec1; do
    case $form in
        pkcs8) openssl pkcs8 -topk8 -nocrypt -in keys/P-256.pem -outform DER -out files/pkcs8.der ;;
        pkcs1) openssl rsa -in keys/rsa.pem -traditional -outform DER -out files/pkcs1.der 2>/dev/null ;;
        sec1) openssl ec -in keys/P-256.pem -outform DER -out files/sec1.der 2>/dev/null ;;
    esac
done
openssl pkcs12 -export -inkey keys/rsa.pem -in certificates/rsa.pem -certfile certificates/ca.pem \
    -name "Fixture label" -CSP "Fixture provider" -iter 2000 -passout pass:fixture -out files/rsa.p12
openssl pkcs12 -export -inkey keys/rsa.pem -in certificates/rsa.pem -certpbe NONE -iter 2000 \
    -passout pass:fixture -out files/clear-certificates.p12
openssl pkcs12 -export -in certificates/P-256.pem -inkey keys/P-256.pem -keypbe camellia-256-cbc \
    -certpbe camellia-256-cbc -iter 2000 -passout pass:fixture -out files/camellia.p12
openssl pkcs12 -export -inkey keys/rsa.pem -in certificates/rsa.pem -certpbe NONE -keypbe NONE -nomac \
    -passout pass: -out files/clear.p12
# The key under a password of its own, "its own", as Java writes it where a program says so.
cat > "$work/OwnPassword.java" <<JAVA
import java.io.*;
import java.security.*;

public class OwnPassword {
    public static void main(String[] files) throws Exception {
        char[] password = "fixture".toCharArray();
        KeyStore from = KeyStore.getInstance(new File(files[0]), password);
        String alias = from.aliases().nextElement();
        KeyStore to = KeyStore.getInstance("PKCS12");
        to.load(null, null);
        to.setKeyEntry(alias, from.getKey(alias, password), "its own".toCharArray(),
            from.getCertificateChain(alias));
        to.store(new FileOutputStream(files[1]), password);
    }
}
JAVA
java "$work/OwnPassword.java" files/rsa.p12 files/key-password.p12
# As macOS exports an identity.
openssl pkcs12 -export -legacy -inkey keys/rsa.pem -in certificates/rsa.pem -name "Fixture label" -iter 2048 -nomaciter \
    -certpbe PBE-SHA1-RC2-40 -keypbe PBE-SHA1-3DES -macalg sha1 -passout pass:fixture -out files/macos.p12
openssl pkcs12 -export -inkey keys/P-256.pem -in certificates/P-256.pem -iter 2000 \
    -passout pass: -out files/empty-password.pfx

# Java keystores: a key under the store's password, one under another, and a trusted certificate.
for name in P-256 P-384; do
    openssl pkcs12 -export -inkey "keys/$name.pem" -in "certificates/$name.pem" -certfile certificates/ca.pem \
        -name "$name" -passout pass:fixture -out "$work/$name.p12"
done
keystore() { # file, type, options
    file=$1 type=$2 provider=${3-}
    for name in P-256 P-384; do
        password=fixture
        [ "$name" = P-256 ] || password=another
        keytool -importkeystore -srckeystore "$work/$name.p12" -srcstorepass fixture -srcalias "$name" \
            -destkeystore "$file" -deststorepass fixture -destkeypass "$password" -deststoretype "$type" \
            $provider -noprompt 2>/dev/null
    done
    keytool -importcert -alias ca -file certificates/ca.pem -keystore "$file" -storetype "$type" \
        -storepass fixture $provider -noprompt 2>/dev/null
}
keystore keystores/fixture.jks JKS
keystore keystores/fixture.jceks JCEKS
keystore keystores/fixture.bks BKS "-providerclass org.bouncycastle.jce.provider.BouncyCastleProvider \
    -providerpath /usr/share/java/bcprov.jar"
