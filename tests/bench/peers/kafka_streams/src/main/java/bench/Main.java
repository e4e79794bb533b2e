package bench;

import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.Stores;

/** A processor of the bench as users of Kafka Streams write it: one sub-topology on the Processor API, one thread. */
public final class Main {
    private static final Map<String, String> TOLD = System.getenv();

    private Main() {}

    public static void main(String[] args) throws InterruptedException {
        KafkaStreams streams = new KafkaStreams(topology(), settings());
        CountDownLatch ended = new CountDownLatch(1);
        AtomicBoolean failed = new AtomicBoolean();
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            failed.set(true);
            ended.countDown();
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(5))));
        streams.start();
        ended.await();
        System.exit(failed.get() ? 1 : 0);
    }

    private static Topology topology() {
        return new Topology()
                .addSource("input", new ByteArrayDeserializer(), new ByteArrayDeserializer(), TOLD.get("BENCH_INPUT"))
                .addProcessor("plans", PlanProcessor::new, "input")
                .addStateStore(
                        Stores.keyValueStoreBuilder(
                                        Stores.inMemoryKeyValueStore(PlanProcessor.STORE),
                                        Serdes.Bytes(),
                                        Serdes.ByteArray())
                                .withLoggingEnabled(Map.of()),
                        "plans")
                .addSink(
                        PlanProcessor.OUTPUT, TOLD.get("BENCH_OUTPUT"), new ByteArraySerializer(),
                        new ByteArraySerializer(), "plans")
                .addSink(
                        PlanProcessor.REFUSED, TOLD.get("BENCH_REFUSED"), new ByteArraySerializer(),
                        new ByteArraySerializer(), "plans");
    }

    private static Properties settings() {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, TOLD.get("BENCH_GROUP"));
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, TOLD.get("BENCH_BOOTSTRAP"));
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee(TOLD.get("BENCH_GUARANTEE")));
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, TOLD.getOrDefault("BENCH_COMMIT_MS", "100"));
        settings.put(StreamsConfig.STATE_DIR_CONFIG, TOLD.get("BENCH_ENV") + "/state");
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 4000);
        settings.put(StreamsConfig.PROCESSING_EXCEPTION_HANDLER_GLOBAL_ENABLED_CONFIG, true);
        settings.put(StreamsConfig.METRIC_REPORTER_CLASSES_CONFIG, "");
        settings.put(StreamsConfig.ENABLE_METRICS_PUSH_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 2000);
        // A known member takes its place again at once after it was killed.
        settings.put(
                StreamsConfig.mainConsumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), TOLD.get("BENCH_GROUP"));
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 5);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 * 1024);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), 64 * 1024 * 1024L);
        return settings;
    }

    private static String guarantee(String told) {
        return switch (told) {
            case "exactly-once" -> StreamsConfig.EXACTLY_ONCE_V2;
            case "at-least-once" -> StreamsConfig.AT_LEAST_ONCE;
            default -> throw new IllegalArgumentException("BENCH_GUARANTEE: exactly-once or at-least-once");
        };
    }
}
