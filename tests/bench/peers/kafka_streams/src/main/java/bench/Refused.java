package bench;

/** A record that breaks a rule. The message is the reason; where it was found is of no use to anybody. */
final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    Refused(String reason) {
        super(reason, null, false, false);
    }
}
