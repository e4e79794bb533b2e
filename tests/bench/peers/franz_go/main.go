// A processor of the bench as users of franz-go write it: poll, work, produce, end the transaction; state in a map that is
// rebuilt from its compacted topic whenever a partition is assigned.
//
// The one rule: what has an unknown outcome ends the process; a new one finds everything in Kafka.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// settings are what the bench tells every processor.
type settings struct {
	bootstrap, group              string
	input, output, refused, state string
	exactlyOnce                   bool
	commitEvery                   time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "franz-go:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	told, err := fromEnvironment()
	if err != nil {
		return err
	}
	if told.exactlyOnce {
		return runExactlyOnce(ctx, told)
	}
	return runAtLeastOnce(ctx, told)
}

func fromEnvironment() (*settings, error) {
	told := &settings{
		bootstrap: os.Getenv("BENCH_BOOTSTRAP"),
		group:     os.Getenv("BENCH_GROUP"),
		input:     os.Getenv("BENCH_INPUT"),
		output:    os.Getenv("BENCH_OUTPUT"),
		refused:   os.Getenv("BENCH_REFUSED"),
		state:     os.Getenv("BENCH_STATE"),
	}
	switch guarantee := os.Getenv("BENCH_GUARANTEE"); guarantee {
	case "exactly-once":
		told.exactlyOnce = true
	case "at-least-once":
	default:
		return nil, fmt.Errorf("BENCH_GUARANTEE=%q: exactly-once or at-least-once", guarantee)
	}
	millis := 100
	if text := os.Getenv("BENCH_COMMIT_MS"); text != "" {
		var err error
		if millis, err = strconv.Atoi(text); err != nil {
			return nil, fmt.Errorf("BENCH_COMMIT_MS: %w", err)
		}
	}
	told.commitEvery = time.Duration(millis) * time.Millisecond
	return told, nil
}

// options are those of both guarantees.
func (told *settings) options(kept *stores) []kgo.Opt {
	return []kgo.Opt{
		kgo.SeedBrokers(told.bootstrap),
		kgo.ConsumerGroup(told.group),
		// A known member takes its place again at once after it was killed.
		kgo.InstanceID(told.group + "-0"),
		kgo.ConsumeTopics(told.input),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.OnPartitionsAssigned(kept.assigned),
		kgo.OnPartitionsLost(kept.dropped),
		kgo.RecordPartitioner(partitioner{stateTopic: told.state}),
		// The broker is near and the processor is what is short: nothing is compressed.
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.ProducerLinger(5 * time.Millisecond),
		kgo.MaxBufferedRecords(100_000),
	}
}

// partitioner is Java's for all topics but the state's, whose partition is that of the input.
type partitioner struct{ stateTopic string }

func (each partitioner) ForTopic(topic string) kgo.TopicPartitioner {
	if topic == each.stateTopic {
		return kgo.ManualPartitioner().ForTopic(topic)
	}
	return kgo.StickyKeyPartitioner(nil).ForTopic(topic)
}
