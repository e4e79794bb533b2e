package bench;

import cn.guiyang.hub.v1.InspectionPlanSubmitted;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Everything that is done with one record. */
final class PlanProcessor implements Processor<byte[], byte[], byte[], byte[]> {
    static final String STORE = "plans";
    static final String OUTPUT = "output";
    static final String REFUSED = "refused";

    private static final byte[] SPEC_VERSION = ascii("1.0");
    private static final byte[] AVRO = ascii("application/avro");
    private static final byte[] TYPE = ascii("cn.guiyang.hub.inspection.plan.submitted.v1");
    private static final Map<String, byte[]> SOURCES = new HashMap<>();
    private static final Map<String, byte[]> AGENCIES = new HashMap<>();

    static {
        Codes.UNITS.forEach((unit, agency) -> {
            SOURCES.put(unit, ascii("urn:guiyang:" + unit + ":brigade-json"));
            AGENCIES.put(unit, ascii(agency));
        });
    }

    private final EventId names = new EventId();
    private final Encoder encoder = new Encoder();
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<Bytes, byte[]> store;

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        this.store = context.getStateStore(STORE);
    }

    @Override
    public void process(Record<byte[], byte[]> incoming) {
        try {
            accept(incoming);
        } catch (Refused refused) {
            Headers headers = new RecordHeaders().add("reason", ascii(refused.getMessage()));
            context.forward(incoming.withHeaders(headers), REFUSED);
        }
    }

    private void accept(Record<byte[], byte[]> incoming) throws Refused {
        Sent sent = Reader.read(incoming.value());
        if (sent == null) {
            throw new Refused("type");
        }
        Rules.complete(sent);
        int from = Moments.day(sent.body.window.from);
        int to = Moments.day(sent.body.window.to);
        InspectionPlanSubmitted event = Mapping.map(sent.body, from, to);
        Rules.coherent(sent, from, to, incoming.timestamp());

        byte[] uscc = ascii(sent.body.subject.uscc);
        byte[] id = names.of(sent.id);
        byte[] agency = AGENCIES.get(sent.unit);
        Bytes key = Bytes.wrap(uscc);
        byte[] plans = store.get(key);
        if (Accepted.holds(plans, id)) {
            return;
        }
        byte[] overlaps = Accepted.overlaps(plans, agency, from, to);
        store.put(key, Accepted.with(plans, id, agency, sent.body.planId, from, to));
        Headers headers = headers(sent.unit, id, event, uscc, overlaps);
        context.forward(new Record<>(uscc, encoder.encode(event), incoming.timestamp(), headers), OUTPUT);
    }

    private static Headers headers(String unit, byte[] id, InspectionPlanSubmitted event, byte[] uscc, byte[] overlaps) {
        Headers headers = new RecordHeaders()
                .add(new RecordHeader("ce_specversion", SPEC_VERSION))
                .add(new RecordHeader("content-type", AVRO))
                .add(new RecordHeader("ce_id", EventId.written(id)))
                .add(new RecordHeader("ce_source", SOURCES.get(unit)))
                .add(new RecordHeader("ce_type", TYPE))
                .add(new RecordHeader("ce_time", ascii(event.getSubmittedAt())))
                .add(new RecordHeader("ce_subject", uscc));
        return overlaps.length == 0 ? headers : headers.add(new RecordHeader("overlaps", overlaps));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
