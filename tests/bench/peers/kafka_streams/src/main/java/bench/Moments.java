package bench;

import java.nio.charset.StandardCharsets;

/** Dates and times as the brigade's system writes them. A day is yyyymmdd, which sorts as the calendar does; 0 is none. */
final class Moments {
    static final long NEVER = Long.MIN_VALUE;
    private static final int[] DAYS = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    private Moments() {}

    /** The day of 2026年3月9日. */
    static int day(String text) {
        int month = text.indexOf('年');
        int number = text.indexOf('月', month + 1);
        int end = text.length() - 1;
        if (month != 4 || number < 0 || number - month > 3 || end - number > 3 || text.charAt(end) != '日') {
            return 0;
        }
        return dayOf(digits(text, 0, 4), digits(text, 5, number), digits(text, number + 1, end));
    }

    private static int dayOf(int year, int month, int number) {
        if (year < 1900 || year > 2199 || month < 1 || month > 12 || number < 1) {
            return 0;
        }
        boolean leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        return number > DAYS[month] + (leap ? 1 : 0) ? 0 : year * 10000 + month * 100 + number;
    }

    /** The number written there, -1 if there is none. */
    private static int digits(String text, int from, int to) {
        int number = from < to ? 0 : -1;
        for (int at = from; at < to; at++) {
            int digit = text.charAt(at) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }

    /** Milliseconds since the epoch of 2026-03-09 10:05:00 in Beijing. */
    static long epochMillis(String text) {
        if (text.length() != 19 || text.charAt(4) != '-' || text.charAt(7) != '-' || text.charAt(10) != ' '
                || text.charAt(13) != ':' || text.charAt(16) != ':') {
            return NEVER;
        }
        int day = dayOf(digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10));
        int hour = digits(text, 11, 13);
        int minute = digits(text, 14, 16);
        int second = digits(text, 17, 19);
        if (day == 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
            return NEVER;
        }
        long seconds = hour * 3600L + minute * 60 + second - 8 * 3600;
        return (sinceEpoch(day / 10000, day / 100 % 100, day % 100) * 86400 + seconds) * 1000;
    }

    /** Days, counted by years that begin in March so that the leap day comes last. */
    private static long sinceEpoch(int year, int month, int number) {
        int years = month < 3 ? year - 1 : year;
        int months = month < 3 ? month + 9 : month - 3;
        return 365L * years + years / 4 - years / 100 + years / 400 + (153 * months + 2) / 5 + number - 1 - 719468;
    }

    /** 2026-03-09. */
    static String written(int day) {
        byte[] text = {
            (byte) ('0' + day / 10000000), (byte) ('0' + day / 1000000 % 10), (byte) ('0' + day / 100000 % 10),
            (byte) ('0' + day / 10000 % 10), '-', (byte) ('0' + day / 1000 % 10), (byte) ('0' + day / 100 % 10), '-',
            (byte) ('0' + day / 10 % 10), (byte) ('0' + day % 10),
        };
        return new String(text, StandardCharsets.ISO_8859_1);
    }

    /** A valid 2026-03-09 10:05:00 as 2026-03-09T10:05:00+08:00. */
    static String written(String moment) {
        return moment.substring(0, 10) + "T" + moment.substring(11) + "+08:00";
    }
}
