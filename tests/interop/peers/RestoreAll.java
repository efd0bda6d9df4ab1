import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;

/** Opens each file of a list with its password file, and prints for how many certificates a key signs. */
public class RestoreAll {
    public static void main(String[] arguments) throws Exception {
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] words = line.split("\t");
            try {
                System.out.println("ok\t" + restored(words[0], Files.readString(Path.of(words[1]))));
            } catch (Exception | Error error) {
                System.out.println("failed\t" + error.toString().replaceAll("\\s+", " "));
            }
        }
    }

    static int restored(String file, String password) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (FileInputStream stream = new FileInputStream(file)) {
            store.load(stream, password.toCharArray());
        }
        Set<java.security.cert.Certificate> restored = new HashSet<>();
        for (String alias : Collections.list(store.aliases())) {
            if (store.isKeyEntry(alias)) {
                PrivateKey key = (PrivateKey) store.getKey(alias, password.toCharArray());
                java.security.cert.Certificate[] path = store.getCertificateChain(alias);
                if (path != null && signs(key, path[0].getPublicKey())) {
                    restored.add(path[0]);
                }
            }
        }
        return restored.size();
    }

    static boolean signs(PrivateKey key, PublicKey verifier) throws Exception {
        if (!key.getAlgorithm().equals(verifier.getAlgorithm())) {
            return false;
        }
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "RSASSA-PSS" -> "RSASSA-PSS";
            case "EC" -> "SHA256withECDSA";
            case "DSA" -> "SHA256withDSA";
            default -> key.getAlgorithm();
        };
        Signature signature = Signature.getInstance(algorithm);
        if (algorithm.equals("RSASSA-PSS")) {
            signature.setParameter(new java.security.spec.PSSParameterSpec(
                    "SHA-256", "MGF1", java.security.spec.MGF1ParameterSpec.SHA256, 32, 1));
        }
        byte[] challenge = new byte[32];
        signature.initSign(key);
        signature.update(challenge);
        byte[] signed = signature.sign();
        signature.initVerify(verifier);
        signature.update(challenge);
        return signature.verify(signed);
    }
}
