package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// enterprise is the state of one key.
type enterprise struct {
	plans   accepted
	changed bool // since the last commit
}

// store is the state of one partition: exactly what its partition of the state topic says, and what is not yet committed.
type store map[string]*enterprise

// stores are those of the partitions that are ours. Assignment and work come from different goroutines.
type stores struct {
	told *settings
	fail context.CancelCauseFunc

	mu    sync.Mutex
	owned map[int32]store
}

func newStores(told *settings, fail context.CancelCauseFunc) *stores {
	return &stores{told: told, fail: fail, owned: map[int32]store{}}
}

func (all *stores) of(partition int32) store {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.owned[partition]
}

// dropped forgets partitions that are no longer ours.
func (all *stores) dropped(_ context.Context, _ *kgo.Client, lost map[string][]int32) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, partition := range lost[all.told.input] {
		delete(all.owned, partition)
	}
}

// assigned restores the state of new partitions; franz-go fetches nothing of them before this returns.
func (all *stores) assigned(ctx context.Context, client *kgo.Client, gained map[string][]int32) {
	partitions := gained[all.told.input]
	if len(partitions) == 0 {
		return
	}
	if all.told.exactlyOnce {
		// Ends whatever a former holder of our transactional id left open: what is read below is final.
		if _, _, err := client.ProducerID(ctx); err != nil {
			all.fail(fmt.Errorf("fencing the former producer: %w", err))
			return
		}
	}
	restored, err := all.restore(ctx, partitions)
	if err != nil {
		all.fail(fmt.Errorf("restoring the state: %w", err))
		return
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	for partition, found := range restored {
		all.owned[partition] = found
	}
}

// restore reads partitions of the state topic to the end that they have now.
func (all *stores) restore(ctx context.Context, partitions []int32) (map[int32]store, error) {
	restored, from := map[int32]store{}, map[int32]kgo.Offset{}
	for _, partition := range partitions {
		restored[partition], from[partition] = store{}, kgo.NewOffset().AtStart()
	}
	reader, err := kgo.NewClient(
		kgo.SeedBrokers(all.told.bootstrap),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{all.told.state: from}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		// The log ends with a marker: only with it does a read arrive at the end.
		kgo.KeepControlRecords(),
	)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	ends, err := kadm.NewClient(reader).ListCommittedOffsets(ctx, all.told.state)
	if err != nil {
		return nil, err
	}
	if err := ends.Error(); err != nil {
		return nil, err
	}
	behind := map[int32]int64{}
	for _, partition := range partitions {
		if end, _ := ends.Lookup(all.told.state, partition); end.Offset > 0 {
			behind[partition] = end.Offset
		}
	}
	for len(behind) > 0 {
		fetched := reader.PollFetches(ctx)
		if err := errors.Join(fatal(fetched), ctx.Err()); err != nil {
			return nil, err
		}
		fetched.EachRecord(func(record *kgo.Record) {
			if !record.Attrs.IsControl() {
				restored[record.Partition][string(record.Key)] = &enterprise{plans: slices.Clone(record.Value)} // a part of it would hold all that was fetched with it
			}
			if record.Offset+1 >= behind[record.Partition] {
				delete(behind, record.Partition)
			}
		})
	}
	return restored, nil
}
