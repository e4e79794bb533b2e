package bench;

/** What must hold of a record before it is mapped; words of code tables are judged where they are mapped. */
final class Rules {
    /** So far the sender's clock may be ahead of the broker's. */
    private static final long TEN_MINUTES = 10 * 60 * 1000;

    private Rules() {}

    static boolean absent(String text) {
        return text == null || text.isEmpty();
    }

    /** All mandatory fields are there. */
    static void complete(Sent sent) throws Refused {
        Sent.Plan plan = sent.body;
        if (plan == null || plan.subject == null || plan.window == null || plan.version == null || plan.items == null) {
            throw new Refused("missing");
        }
        present(sent.kind, sent.id, sent.unit, plan.planId, plan.submittedAt, plan.agency, plan.type, plan.siteCode,
                plan.mode, plan.state, plan.unannounced, plan.window.from, plan.window.to, plan.subject.subjectType,
                plan.subject.name, plan.subject.uscc);
        for (Sent.Item item : plan.items) {
            existing(item);
            present(item.catalogue, item.code, item.tier);
        }
        if (plan.officers != null) {
            for (Sent.Officer officer : plan.officers) {
                existing(officer);
                present(officer.name, officer.certNo);
            }
        }
        if (plan.approver != null) {
            present(plan.approver.post);
        }
        if (!sent.kind.equals("检查计划报送")) {
            throw new Refused("kind");
        }
    }

    private static void existing(Object value) throws Refused {
        if (value == null) {
            throw new Refused("missing");
        }
    }

    private static void present(String... texts) throws Refused {
        for (String text : texts) {
            if (absent(text)) {
                throw new Refused("missing");
            }
        }
    }

    /** Everything that ties fields to each other, to the clock and to the city. */
    static void coherent(Sent sent, int from, int to, long now) throws Refused {
        Sent.Plan plan = sent.body;
        long submitted = Moments.epochMillis(plan.submittedAt);
        if (from == 0 || to == 0 || submitted == Moments.NEVER) {
            throw new Refused("date");
        }
        if (from > to) {
            throw new Refused("order");
        }
        if (submitted > now + TEN_MINUTES) {
            throw new Refused("future");
        }
        if (!Uscc.valid(plan.subject.uscc)) {
            throw new Refused("uscc");
        }
        if (!plan.agency.equals(Codes.UNITS.get(sent.unit))) {
            throw new Refused("party");
        }
        unmarked(sent);
    }

    /** No text bears a mark of state secrecy. */
    private static void unmarked(Sent sent) throws Refused {
        Sent.Plan plan = sent.body;
        Sent.Subject subject = plan.subject;
        unmarked(sent.id, plan.planId, plan.deploymentNo, plan.siteCode, plan.annualPlanRef, plan.sourceRef,
                subject.name, subject.idNo, subject.address, subject.divisionCode, subject.streetCode, subject.phone);
        for (Sent.Item item : plan.items) {
            unmarked(item.catalogue, item.code, item.name, item.basis);
        }
        if (plan.officers != null) {
            for (Sent.Officer officer : plan.officers) {
                unmarked(officer.name, officer.certNo);
            }
        }
        if (plan.approver != null) {
            unmarked(plan.approver.name);
        }
    }

    private static void unmarked(String... texts) throws Refused {
        for (String text : texts) {
            // A star is rare, and a text of digits and letters alone is known not to hold one without being searched.
            if (text != null && text.indexOf('★') >= 0
                    && (text.contains("绝密★") || text.contains("机密★") || text.contains("秘密★"))) {
                throw new Refused("secret");
            }
        }
    }
}
