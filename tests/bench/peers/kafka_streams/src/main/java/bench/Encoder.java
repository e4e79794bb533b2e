package bench;

import cn.guiyang.hub.v1.InspectionPlanSubmitted;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumWriter;

/** The event in Avro behind the Confluent header. One per thread: buffers are used again. */
final class Encoder {
    private static final byte[] HEADER = {0, 0, 0, 0x03, (byte) 0xea};

    private final SpecificDatumWriter<InspectionPlanSubmitted> writer;
    private final ByteArrayOutputStream written = new ByteArrayOutputStream(1024);
    private final BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(written, null);

    Encoder() {
        SpecificData model = new SpecificData();
        model.setCustomCoders(true); // the generated classes write themselves, without reflection
        writer = new SpecificDatumWriter<>(InspectionPlanSubmitted.getClassSchema(), model);
    }

    byte[] encode(InspectionPlanSubmitted event) {
        try {
            written.reset();
            written.write(HEADER);
            writer.write(event, encoder);
            encoder.flush();
            return written.toByteArray();
        } catch (IOException error) {
            throw new UncheckedIOException(error); // memory does not fail
        }
    }
}
