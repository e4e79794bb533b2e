package bench;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.module.afterburner.AfterburnerModule;
import java.io.IOException;

/** Bytes to a record, strictly: no unknown field, no value of another type, nothing behind the end. */
final class Reader {
    private static final ObjectReader STRICT = JsonMapper.builder()
            .addModule(new AfterburnerModule())
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .withCoercionConfig(LogicalType.Textual, config -> config
                    .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                    .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                    .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .build()
            .readerFor(Sent.class);

    private Reader() {}

    static Sent read(byte[] value) throws Refused {
        try {
            return STRICT.readValue(value);
        } catch (UnrecognizedPropertyException error) {
            throw new Refused("unknown");
        } catch (MismatchedInputException error) {
            throw new Refused("type");
        } catch (IOException error) {
            throw new Refused("json");
        }
    }
}
