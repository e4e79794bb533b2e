package main

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// runAtLeastOnce commits in an order that loses nothing wherever it is cut off: outputs, then the state that would call
// them repeats, then the offsets.
func runAtLeastOnce(ctx context.Context, told *settings) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	kept := newStores(told, fail)
	client, err := kgo.NewClient(append(told.options(kept),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsRevoked(kept.dropped),
	)...)
	if err != nil {
		return err
	}
	defer client.Close()
	defer client.AllowRebalance()
	work := &processor{told: told, client: client, kept: kept, failed: kgo.AbortingFirstErrPromise(client)}
	for due := (time.Time{}); ctx.Err() == nil; {
		fetched := poll(ctx, due, client.PollRecords)
		if err := fatal(fetched); err != nil {
			return err
		}
		if due.IsZero() && fetched.NumRecords() > 0 {
			due = time.Now().Add(told.commitEvery)
		}
		work.all(fetched)
		if due.IsZero() {
			client.AllowRebalance()
		} else if ctx.Err() != nil || !time.Now().Before(due) {
			if err := work.commit(); err != nil {
				return err
			}
			client.AllowRebalance()
			due = time.Time{}
		}
	}
	return context.Cause(ctx)
}

func (p *processor) commit() error {
	ctx := context.Background()
	for _, write := range []func(){func() {}, p.writeState} {
		write()
		if err := p.client.Flush(ctx); err != nil {
			return err
		}
		if err := p.failed.Err(); err != nil {
			return err
		}
	}
	if err := p.client.CommitUncommittedOffsets(ctx); err != nil {
		return err
	}
	p.committed()
	return nil
}
