package lumbung.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.security.sasl.AuthenticationException;
import org.apache.hive.service.auth.PasswdAuthenticationProvider;

/**
 * HiveServer2's login: users and PBKDF2-HMAC-SHA256 hashes from a file, read anew at every login.
 *
 * <p>The file is named by the system property {@code lumbung.hive.users}; a line is
 * {@code user:iterations:base64(salt):base64(hash)}. An unknown user costs as much time as a wrong password.
 */
public final class PasswordFileAuthenticator implements PasswdAuthenticationProvider {

    static final String FILE_PROPERTY = "lumbung.hive.users";
    private static final String NOBODY = "-:210000:AAAAAAAAAAAAAAAAAAAAAA==:AAAA";

    @Override
    public void Authenticate(String user, String password) throws AuthenticationException {
        String[] entry = entryOf(user).split(":");
        byte[] salt = Base64.getDecoder().decode(entry[2]);
        byte[] wanted = Base64.getDecoder().decode(entry[3]);
        boolean known = entry[0].equals(user);
        byte[] got = hash(password == null ? "" : password, salt, Integer.parseInt(entry[1]));
        if (!MessageDigest.isEqual(wanted, got) || !known) {
            throw new AuthenticationException("HiveServer2: user name or password refused");
        }
    }

    private static String entryOf(String user) throws AuthenticationException {
        Path file = Path.of(System.getProperty(FILE_PROPERTY, ""));
        try {
            for (String line : Files.readAllLines(file)) {
                if (user != null && !user.isEmpty() && line.startsWith(user + ":")) {
                    return line.strip();
                }
            }
        } catch (IOException error) {
            throw new AuthenticationException("HiveServer2: user file " + file + " is not readable", error);
        }
        return NOBODY;
    }

    private static byte[] hash(String password, byte[] salt, int iterations) throws AuthenticationException {
        // An empty password is refused by PBEKeySpec's consumer on some JDKs: it is never right here, so say so early.
        if (password.isEmpty()) {
            throw new AuthenticationException("HiveServer2: user name or password refused");
        }
        try {
            PBEKeySpec spec = new PBEKeySpec(password.toCharArray(), salt, iterations, 256);
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec).getEncoded();
        } catch (GeneralSecurityException error) {
            throw new AuthenticationException("HiveServer2: cannot hash", error);
        }
    }
}
