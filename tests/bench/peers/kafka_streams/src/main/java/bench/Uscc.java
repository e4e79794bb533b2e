package bench;

import java.util.Arrays;

/** The check character of a unified social credit code (GB 32100-2015). */
final class Uscc {
    private static final String ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    private static final int[] WEIGHTS = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
    private static final int[] VALUES = new int[128];

    static {
        Arrays.fill(VALUES, -1);
        for (int place = 0; place < ALPHABET.length(); place++) {
            VALUES[ALPHABET.charAt(place)] = place;
        }
    }

    private Uscc() {}

    static boolean valid(String text) {
        if (text.length() != 18) {
            return false;
        }
        int total = 0;
        for (int place = 0; place < WEIGHTS.length; place++) {
            char letter = text.charAt(place);
            int value = letter < 128 ? VALUES[letter] : -1;
            if (value < 0) {
                return false;
            }
            total += value * WEIGHTS[place];
        }
        return text.charAt(17) == ALPHABET.charAt((31 - total % 31) % 31);
    }
}
