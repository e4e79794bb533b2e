package bench;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** UUIDv5 of the sender and its own number. */
final class EventId {
    private static final byte[] NAMESPACE = {
        0x5b, 0x1f, 0x6a, 0x0e, 0x6a, 0x3c, 0x5f, 0x0e, (byte) 0x9d, 0x55, 0x3a, 0x52, (byte) 0xa1, (byte) 0xc0,
        (byte) 0xd7, 0x51,
    };
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.ISO_8859_1);

    private final MessageDigest sha1;

    EventId() {
        try {
            sha1 = MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException(error); // every Java has it
        }
    }

    /** Sixteen bytes of the id, and four more that are not part of it. */
    byte[] of(String number) {
        sha1.update(NAMESPACE);
        byte[] id = sha1.digest(("GY-ZD\u001fce\u001f" + number).getBytes(StandardCharsets.UTF_8));
        id[6] = (byte) (id[6] & 0x0f | 0x50);
        id[8] = (byte) (id[8] & 0x3f | 0x80);
        return id;
    }

    static byte[] written(byte[] id) {
        byte[] text = new byte[36];
        int to = 0;
        for (int from = 0; from < 16; from++) {
            if (from == 4 || from == 6 || from == 8 || from == 10) {
                text[to++] = '-';
            }
            text[to++] = HEX[id[from] >> 4 & 15];
            text[to++] = HEX[id[from] & 15];
        }
        return text;
    }
}
