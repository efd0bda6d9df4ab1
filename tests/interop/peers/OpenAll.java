import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.Collections;

/** Opens each file of a list with its password file, and prints key and certificates. */
public class OpenAll {
    public static void main(String[] arguments) throws Exception {
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] words = line.split("\t");
            try {
                System.out.println(open(words[0], Files.readString(Path.of(words[1]))));
            } catch (Exception error) {
                System.out.println("failed\t" + error.toString().replaceAll("\\s+", " "));
            }
        }
    }

    static String open(String file, String password) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (FileInputStream stream = new FileInputStream(file)) {
            store.load(stream, password.toCharArray());
        }
        for (String alias : Collections.list(store.aliases())) {
            if (store.isKeyEntry(alias)) {
                Key key = store.getKey(alias, password.toCharArray());
                StringBuilder line = new StringBuilder("ok\t" + base64(key.getEncoded()));
                for (Certificate certificate : store.getCertificateChain(alias)) {
                    line.append('\t').append(base64(certificate.getEncoded()));
                }
                return line.toString();
            }
        }
        return "failed\tno key entry";
    }

    static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
