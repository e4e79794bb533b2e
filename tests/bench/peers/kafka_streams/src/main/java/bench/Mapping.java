package bench;

import cn.guiyang.hub.v1.Approver;
import cn.guiyang.hub.v1.InspectionPlanSubmitted;
import cn.guiyang.hub.v1.Item;
import cn.guiyang.hub.v1.Officer;
import cn.guiyang.hub.v1.Subject;
import cn.guiyang.hub.v1.Window;
import java.util.ArrayList;
import java.util.List;

/** A complete record of the brigade's system to the canonical event. */
final class Mapping {
    private Mapping() {}

    static InspectionPlanSubmitted map(Sent.Plan plan, int from, int to) throws Refused {
        InspectionPlanSubmitted event = new InspectionPlanSubmitted();
        event.setType(Codes.mandatory(Codes.TYPES, plan.type));
        event.setTrigger(Codes.optional(Codes.TRIGGERS, plan.trigger));
        event.setMode(Codes.mandatory(Codes.MODES, plan.mode));
        event.setState(Codes.mandatory(Codes.STATES, plan.state));
        event.setUnannounced(Codes.mandatory(Codes.YES_NO, plan.unannounced));
        event.setSubject(subject(plan.subject));
        event.setItems(items(plan.items));
        event.setApprover(approver(plan.approver));
        event.setOfficers(officers(plan.officers));
        event.setPlanId(plan.planId);
        event.setSubmittedAt(Moments.written(plan.submittedAt));
        event.setVersion(plan.version);
        event.setAgency(plan.agency);
        event.setDeploymentNo(text(plan.deploymentNo));
        event.setSiteCode(plan.siteCode);
        event.setWindow(new Window(Moments.written(from), Moments.written(to)));
        event.setApprovedAt(moment(plan.approvedAt));
        event.setAnnualPlanRef(text(plan.annualPlanRef));
        event.setSourceRef(text(plan.sourceRef));
        return event;
    }

    private static Subject subject(Sent.Subject sent) throws Refused {
        return new Subject(
                Codes.mandatory(Codes.SUBJECT_TYPES, sent.subjectType), sent.name, sent.uscc, text(sent.idNo),
                date(sent.birthDate), Codes.optional(Codes.YES_NO, sent.isMinor), text(sent.address),
                text(sent.divisionCode), text(sent.streetCode), text(sent.phone));
    }

    private static List<Item> items(List<Sent.Item> sent) throws Refused {
        List<Item> items = new ArrayList<>(sent.size());
        for (Sent.Item each : sent) {
            items.add(new Item(
                    each.catalogue, each.code, Codes.mandatory(Codes.TIERS, each.tier), text(each.name),
                    text(each.basis), Codes.optional(Codes.YES_NO, each.remoteCapable)));
        }
        return items;
    }

    private static Approver approver(Sent.Approver sent) throws Refused {
        if (sent == null) {
            return null;
        }
        return new Approver(text(sent.name), Codes.mandatory(Codes.POSTS, sent.post), moment(sent.approvedAt));
    }

    private static List<Officer> officers(List<Sent.Officer> sent) {
        if (sent == null) {
            return null;
        }
        List<Officer> officers = new ArrayList<>(sent.size());
        for (Sent.Officer each : sent) {
            officers.add(new Officer(each.name, each.certNo));
        }
        return officers;
    }

    private static String text(String sent) {
        return Rules.absent(sent) ? null : sent;
    }

    private static String date(String sent) throws Refused {
        if (Rules.absent(sent)) {
            return null;
        }
        int day = Moments.day(sent);
        if (day == 0) {
            throw new Refused("date");
        }
        return Moments.written(day);
    }

    private static String moment(String sent) throws Refused {
        if (Rules.absent(sent)) {
            return null;
        }
        if (Moments.epochMillis(sent) == Moments.NEVER) {
            throw new Refused("date");
        }
        return Moments.written(sent);
    }
}
