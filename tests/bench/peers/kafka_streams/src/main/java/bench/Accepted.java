package bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An enterprise's plans in the order in which they came, as the store keeps them: id, first day, last day, agency, planId,
 * one after the other. They are searched where they lie, so that a look at the store costs no decoding.
 */
final class Accepted {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int FROM = 16;
    private static final int TO = 20;
    private static final int AGENCY = 24;
    private static final byte[] NONE = {};

    private Accepted() {}

    static boolean holds(byte[] plans, byte[] id) {
        long first = (long) LONG.get(id, 0);
        long second = (long) LONG.get(id, 8);
        for (int at = 0; plans != null && at < plans.length; at = after(plans, at)) {
            if ((long) LONG.get(plans, at) == first && (long) LONG.get(plans, at + 8) == second) {
                return true;
            }
        }
        return false;
    }

    /** The planIds of other agencies whose window meets this one, joined by commas; empty if there are none. */
    static byte[] overlaps(byte[] plans, byte[] agency, int from, int to) {
        byte[] found = NONE;
        for (int at = 0; plans != null && at < plans.length; at = after(plans, at)) {
            if ((int) INT.get(plans, at + FROM) <= to && from <= (int) INT.get(plans, at + TO)) {
                int start = at + AGENCY + 4;
                int planId = start + (int) INT.get(plans, at + AGENCY);
                if (!Arrays.equals(plans, start, planId, agency, 0, agency.length)) {
                    found = joined(found, plans, planId + 4, (int) INT.get(plans, planId));
                }
            }
        }
        return found;
    }

    private static byte[] joined(byte[] found, byte[] plans, int start, int length) {
        int kept = found.length == 0 ? 0 : found.length + 1;
        byte[] more = Arrays.copyOf(found, kept + length);
        if (kept > 0) {
            more[kept - 1] = ',';
        }
        System.arraycopy(plans, start, more, kept, length);
        return more;
    }

    private static int after(byte[] plans, int at) {
        int planId = at + AGENCY + 4 + (int) INT.get(plans, at + AGENCY);
        return planId + 4 + (int) INT.get(plans, planId);
    }

    static byte[] with(byte[] plans, byte[] id, byte[] agency, String planId, int from, int to) {
        byte[] named = planId.getBytes(StandardCharsets.UTF_8);
        int at = plans == null ? 0 : plans.length;
        int end = at + AGENCY + 4 + agency.length + 4 + named.length;
        byte[] more = plans == null ? new byte[end] : Arrays.copyOf(plans, end);
        System.arraycopy(id, 0, more, at, 16);
        INT.set(more, at + FROM, from);
        INT.set(more, at + TO, to);
        INT.set(more, at + AGENCY, agency.length);
        System.arraycopy(agency, 0, more, at + AGENCY + 4, agency.length);
        INT.set(more, end - named.length - 4, named.length);
        System.arraycopy(named, 0, more, end - named.length, named.length);
        return more;
    }
}
